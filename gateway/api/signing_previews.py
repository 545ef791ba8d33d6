"""/v1/signing-previews: a page as it will look, before anyone signs."""

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from gateway.api.description import file_answer
from gateway.api.documents import get_document
from gateway.api.signing_requests import StepIn
from gateway.api.writing import caller, now, services
from gateway.auth.oauth import authorised
from gateway.signing_engine import SigningOrder, preview_kept_document
from gateway.signing_requests import check_signable, check_step

blueprint = APIBlueprint(
    "signing-previews", __name__, url_prefix="/v1", abp_tags=[Tag(name="signing")], abp_security=[{"oauth2": []}]
)


class PreviewIn(StepIn):
    """One step, on one document."""

    document_id: str = Field(..., max_length=36)


@blueprint.post(
    "/signing-previews",
    summary="See a page as it would look signed",
    responses={200: file_answer("image/png", description="The page that the mark stands on")},
)
@authorised("signing:write")
def preview(body: PreviewIn) -> Response:
    """Paint the page with the step's picture or stamp. No key is used and nothing is kept.

    What could not be signed is refused as POST /v1/signing-requests refuses it. `Preview-Page` counts from 1;
    `Preview-Rectangle` is x0, y0, x1, y1 in points from the page's lower left corner, absent when invisible.
    """
    asked = body.asked()
    with services().unit_of_work(read_only=True) as work:
        document = get_document(work, body.document_id)
        check_signable(document)
        certificate = check_step(services(), work, caller(), asked, now())
    order = SigningOrder(certificate, asked.profile_code, asked.placement, asked.stamp_values or {})
    made = preview_kept_document(services(), order, document.sha256, now())
    response = Response(made.png, content_type="image/png")
    response.headers["Preview-Page"] = str(made.page_index + 1)
    if made.rectangle is not None:
        spot = made.rectangle
        response.headers["Preview-Rectangle"] = f"{spot.x0:.2f}, {spot.y0:.2f}, {spot.x1:.2f}, {spot.y1:.2f}"
    response.headers["Cache-Control"] = "no-store"
    return response
