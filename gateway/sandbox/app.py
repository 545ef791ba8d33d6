"""The sandbox's pages and interfaces."""

import hmac
from dataclasses import dataclass, field

from flask import Flask, Response, abort, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from gateway.sandbox.book import Book, Transaction, gmt7_now
from gateway.sandbox.calls import CallKind, CallResult, Delivery, IpnCaller
from gateway.sandbox.checksum import checked_fields
from gateway.sandbox.querydr import answer_query
from gateway.sandbox.refunds import RefundMode, answer_refund

NEEDED = (
    *("vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_Amount", "vnp_CurrCode", "vnp_TxnRef", "vnp_OrderInfo"),
    *("vnp_OrderType", "vnp_Locale", "vnp_ReturnUrl", "vnp_IpAddr", "vnp_CreateDate"),
)
# How a payer's decision ends a transaction: vnp_ResponseCode and vnp_TransactionStatus.
DECISIONS = {"pay": ("00", "00"), "cancel": ("24", "02")}
FIRST_ANSWER_SECONDS = 5
POLICY = "default-src 'none'; style-src 'self'; form-action *; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class SandboxConfig:
    """One merchant at the sandbox. Without a control token the control interface does not exist."""

    tmn_code: str
    ipn_url: str
    secret: bytes = field(repr=False)
    control_token: str = field(default="", repr=False)
    retry_seconds: tuple[float, ...] = (1, 2, 5, 10, 30)


def create_sandbox(config: SandboxConfig) -> Flask:
    """Return the sandbox as a Flask app."""
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.extensions["sandbox"] = config
    app.extensions["book"] = Book()
    app.extensions["refund_mode"] = RefundMode.TAKEN
    app.extensions["caller"] = IpnCaller(config.ipn_url, config.tmn_code, config.secret, config.retry_seconds)
    app.after_request(_harden)
    app.add_url_rule("/", view_func=home)
    app.add_url_rule("/paymentv2/vpcpay.html", view_func=show_payment)
    app.add_url_rule("/paymentv2/decision", view_func=decide, methods=["POST"])
    app.add_url_rule("/merchant_webapi/api/transaction", view_func=transaction_api, methods=["POST"])
    if config.control_token:
        app.add_url_rule("/sandbox/calls", view_func=call_merchant, methods=["POST"])
        app.add_url_rule("/sandbox/delivery", view_func=set_delivery, methods=["PUT"])
        app.add_url_rule("/sandbox/refunds", view_func=set_refunds, methods=["PUT"])
        app.add_url_rule("/sandbox/transactions", view_func=list_transactions)
    return app


def home() -> ResponseReturnValue:
    """Say what this is; also tells that the sandbox is up."""
    return render_template("sandbox/notice.html", title="Cổng thanh toán mô phỏng", text="Máy chủ đang chạy.")


def show_payment() -> ResponseReturnValue:
    """Check a payment address as VNPAY would and show the page on which the payer decides."""
    config = _config()
    fields = checked_fields(request.query_string.decode("ascii", "replace"), config.secret)
    if fields is None:
        return _refused("70", "Sai chữ ký")
    if any(not fields.get(name) for name in NEEDED) or not fields["vnp_Amount"].isdigit():
        return _refused("03", "Dữ liệu gửi sang không đúng định dạng")
    if fields["vnp_TmnCode"] != config.tmn_code:
        return _refused("72", "Không tìm thấy website")
    transaction = _book().open(fields)
    if transaction.amount != fields["vnp_Amount"] or not transaction.is_open:
        return _refused("01", "Giao dịch đã tồn tại")
    if transaction.expire_date and transaction.expire_date < gmt7_now():
        return _refused("15", "Giao dịch đã quá thời gian chờ thanh toán")
    return render_template("sandbox/pay.html", transaction=transaction)


def decide() -> ResponseReturnValue:
    """Take the payer's decision, tell the merchant, and send the browser back."""
    decision = DECISIONS.get(request.form.get("decision", "")) or abort(400)
    ended = _book().end(request.form.get("page_token", ""), *decision) or abort(404)
    transaction, by_this_call = ended
    if by_this_call:
        # VNPAY calls the merchant's server on its own; waiting for the first answer only spares the payer a reload.
        _caller().announce(transaction).wait(FIRST_ANSWER_SECONDS)
    joint = "&" if "?" in transaction.return_url else "?"
    return redirect(f"{transaction.return_url}{joint}{_caller().query_for(transaction)}", 303)


def transaction_api() -> ResponseReturnValue:
    """Answer querydr and refund."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or body.get("vnp_Command") not in ("querydr", "refund"):
        return jsonify(vnp_ResponseCode="03", vnp_Message="Invalid format")
    config = _config()
    if body["vnp_Command"] == "querydr":
        return jsonify(answer_query(body, _book(), config.tmn_code, config.secret))
    mode: RefundMode = current_app.extensions["refund_mode"]
    answer = answer_refund(body, _book(), mode, config.tmn_code, config.secret)
    return jsonify(answer) if answer is not None else ("", 500)


def call_merchant() -> ResponseReturnValue:
    """Send one call of a chosen kind about a transaction, or the last honest one again (`replayed`)."""
    _guard()
    wish = request.get_json(silent=True)
    if not isinstance(wish, dict):
        abort(400)
    transaction = _book().find(str(wish.get("txn_ref"))) or abort(404)
    kind = str(wish.get("kind"))
    if kind == "replayed":
        query = _caller().find_sent(transaction.txn_ref) or abort(409)
    elif kind in set(CallKind):
        query = _caller().query_for(transaction, CallKind(kind))
    else:
        abort(400)
    return _told(_caller().send(query))


def set_delivery() -> ResponseReturnValue:
    """Choose what becomes of the calls that payments cause: prompt, twice or lost."""
    _guard()
    wish = request.get_json(silent=True)
    if not isinstance(wish, dict) or wish.get("delivery") not in set(Delivery):
        abort(400)
    _caller().delivery = Delivery(wish["delivery"])
    return jsonify(delivery=_caller().delivery)


def set_refunds() -> ResponseReturnValue:
    """Choose what becomes of refunds to come (`mode`), or say how a transaction's last one stands (`status`)."""
    _guard()
    wish = request.get_json(silent=True)
    if not isinstance(wish, dict):
        abort(400)
    if "mode" in wish:
        if wish["mode"] not in set(RefundMode):
            abort(400)
        current_app.extensions["refund_mode"] = RefundMode(wish["mode"])
        return jsonify(mode=wish["mode"])
    if wish.get("status") not in ("00", "05", "06", "09"):
        abort(400)
    if not _book().settle_refund(str(wish.get("txn_ref")), wish["status"]):
        abort(404)
    return jsonify(status=wish["status"])


def list_transactions() -> ResponseReturnValue:
    """List what the sandbox remembers."""
    _guard()
    return jsonify(transactions=[_listed(transaction) for transaction in _book().all()])


def _listed(transaction: Transaction) -> dict[str, str | int]:
    return {
        "txn_ref": transaction.txn_ref,
        "amount_vnd": transaction.amount_vnd,
        "number": transaction.number,
        "response_code": transaction.response_code,
        "transaction_status": transaction.transaction_status,
    }


def _told(result: CallResult) -> Response:
    return jsonify(query=result.query, status=result.status, code=result.code, message=result.message)


def _guard() -> None:
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {_config().control_token}".encode()):
        abort(401)


def _refused(code: str, text: str) -> ResponseReturnValue:
    return render_template("sandbox/notice.html", title=f"Mã lỗi {code}", text=text), 400


def _harden(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _config() -> SandboxConfig:
    config: SandboxConfig = current_app.extensions["sandbox"]
    return config


def _book() -> Book:
    book: Book = current_app.extensions["book"]
    return book


def _caller() -> IpnCaller:
    caller: IpnCaller = current_app.extensions["caller"]
    return caller
