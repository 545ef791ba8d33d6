-- What the books must agree with: one query for each kind of difference, over all rows of one unit (:unit) at once.
-- Each returns the row concerned, what should stand there and what does. `legs` below precedes every query.

-- name: legs
WITH legs AS (
  SELECT e.id AS entry_id, e.subject_id, e.kind AS entry_kind, a.kind AS account_kind, a.code, p.amount_minor AS amount
  FROM journal_postings p JOIN journal_entries e ON e.id = p.entry_id JOIN ledger_accounts a ON a.id = p.debit_account_id
  WHERE e.unit_id = :unit
  UNION ALL
  SELECT e.id, e.subject_id, e.kind, a.kind, a.code, -p.amount_minor
  FROM journal_postings p JOIN journal_entries e ON e.id = p.entry_id JOIN ledger_accounts a ON a.id = p.credit_account_id
  WHERE e.unit_id = :unit
)

-- name: entry-without-postings
SELECT e.id, 1, 0 FROM journal_entries e
WHERE e.unit_id = :unit AND NOT EXISTS (SELECT 1 FROM journal_postings p WHERE p.entry_id = e.id)

-- name: order-total-is-not-its-items
SELECT o.id, COALESCE(SUM(i.amount_minor), 0), o.amount_minor
FROM fee_orders o LEFT JOIN fee_order_items i ON i.order_id = o.id AND i.revision = o.revision
WHERE o.unit_id = :unit GROUP BY o.id, o.amount_minor HAVING COALESCE(SUM(i.amount_minor), 0) <> o.amount_minor

-- name: order-owes-another-amount
SELECT o.id, CASE WHEN o.state = 'open' THEN o.amount_minor ELSE 0 END, COALESCE(SUM(l.amount), 0)
FROM fee_orders o LEFT JOIN legs l ON l.subject_id = o.id AND l.account_kind = 'receivable'
WHERE o.unit_id = :unit GROUP BY o.id, o.state, o.amount_minor HAVING COALESCE(SUM(l.amount), 0) <> CASE WHEN o.state = 'open' THEN o.amount_minor ELSE 0 END

-- name: order-charged-another-amount
SELECT o.id, CASE WHEN o.state = 'open' THEN o.amount_minor ELSE 0 END, -COALESCE(SUM(l.amount), 0)
FROM fee_orders o LEFT JOIN legs l ON l.subject_id = o.id AND l.account_kind = 'charged'
WHERE o.unit_id = :unit GROUP BY o.id, o.state, o.amount_minor HAVING -COALESCE(SUM(l.amount), 0) <> CASE WHEN o.state = 'open' THEN o.amount_minor ELSE 0 END

-- name: income-is-not-the-paid-items
SELECT d.order_id, SUM(d.due), SUM(d.booked) FROM (
  SELECT o.id AS order_id, 'income:' || i.kind || ':' || i.chapter || '-' || i.sub_item || ':' || i.credited_unit AS code, i.amount_minor AS due, 0 AS booked
  FROM fee_orders o JOIN fee_order_items i ON i.order_id = o.id AND i.revision = o.revision
  WHERE o.unit_id = :unit AND o.state = 'paid'
  UNION ALL
  SELECT o.id, l.code, 0, -l.amount FROM legs l JOIN fee_orders o ON o.id = l.subject_id WHERE l.account_kind = 'income'
) d GROUP BY d.order_id, d.code HAVING SUM(d.due) <> SUM(d.booked)

-- name: money-booked-is-not-money-proven
SELECT d.order_id, SUM(d.proven), SUM(d.booked) FROM (
  SELECT t.order_id, ev.amount_minor AS proven, 0 AS booked
  FROM provider_events ev JOIN payment_attempts t ON t.id = ev.attempt_id
  WHERE t.unit_id = :unit AND ev.outcome = 'succeeded' AND t.received_on NOT LIKE 'bank:%' AND t.received_on NOT LIKE 'treasury:%'
  UNION ALL
  -- A transfer is one sum of money, however many notices and statements tell of it.
  SELECT t.order_id, t.amount_minor, 0 FROM payment_attempts t
  WHERE t.unit_id = :unit AND t.state = 'succeeded' AND (t.received_on LIKE 'bank:%' OR t.received_on LIKE 'treasury:%'
    OR NOT EXISTS (SELECT 1 FROM provider_events ev WHERE ev.attempt_id = t.id AND ev.outcome = 'succeeded'))
  UNION ALL
  SELECT o.id, 0, l.amount FROM legs l JOIN fee_orders o ON o.id = l.subject_id
  WHERE l.account_kind IN ('clearing', 'bank', 'treasury') AND l.entry_kind IN ('order-paid', 'order-paid-reversed', 'money-suspended')
) d GROUP BY d.order_id HAVING SUM(d.proven) <> SUM(d.booked)

-- name: attempt-hides-a-success
SELECT t.id, COUNT(ev.id), 0 FROM payment_attempts t JOIN provider_events ev ON ev.attempt_id = t.id
WHERE t.unit_id = :unit AND ev.outcome = 'succeeded' AND t.state <> 'succeeded' GROUP BY t.id

-- name: paid-order-without-a-payment
SELECT o.id, 1, 0 FROM fee_orders o LEFT JOIN payment_attempts t ON t.id = o.paid_attempt_id AND t.state = 'succeeded'
WHERE o.unit_id = :unit AND (o.state = 'paid') <> (t.id IS NOT NULL)

-- name: callback-booked-nothing
SELECT c.id, 1, 0 FROM provider_callbacks c JOIN payment_attempts t ON t.id = c.attempt_id
WHERE t.unit_id = :unit AND c.outcome IN ('booked', 'suspended') AND t.received_on NOT LIKE 'bank:%' AND t.received_on NOT LIKE 'treasury:%'
  AND NOT EXISTS (SELECT 1 FROM provider_events ev WHERE ev.callback_id = c.id)

-- name: report-without-its-callback
-- A notice of money that another channel told of before is a duplicate, and its report is kept.
SELECT ev.id, 1, 0 FROM provider_events ev JOIN payment_attempts t ON t.id = ev.attempt_id
LEFT JOIN provider_callbacks c ON c.id = ev.callback_id
WHERE ev.unit_id = :unit AND (c.id IS NULL OR (c.outcome NOT IN ('booked', 'suspended', 'failure-noted')
  AND NOT (c.outcome = 'duplicate' AND (t.received_on LIKE 'bank:%' OR t.received_on LIKE 'treasury:%'))))

-- name: refund-owes-another-amount
SELECT r.id, CASE WHEN r.state IN ('approved', 'unknown', 'sent') THEN r.amount_minor ELSE 0 END,
  -COALESCE(SUM(l.amount), 0)
FROM refunds r LEFT JOIN legs l ON l.subject_id = r.id AND l.account_kind = 'refunds'
WHERE r.unit_id = :unit GROUP BY r.id, r.state, r.amount_minor
HAVING -COALESCE(SUM(l.amount), 0) <> CASE WHEN r.state IN ('approved', 'unknown', 'sent') THEN r.amount_minor ELSE 0 END

-- name: refund-paid-another-amount
SELECT r.id, CASE WHEN r.state = 'confirmed' THEN r.amount_minor ELSE 0 END, COALESCE(SUM(l.amount), 0)
FROM refunds r
LEFT JOIN legs l ON l.subject_id = r.id AND l.entry_kind = 'refund-paid' AND l.account_kind = 'refunds'
WHERE r.unit_id = :unit GROUP BY r.id, r.state, r.amount_minor
HAVING COALESCE(SUM(l.amount), 0) <> CASE WHEN r.state = 'confirmed' THEN r.amount_minor ELSE 0 END

-- name: more-refunded-than-received
SELECT r.source_entry_id, b.amount, SUM(r.amount_minor) FROM refunds r JOIN (
  SELECT l.entry_id, SUM(l.amount) AS amount FROM legs l WHERE l.account_kind IN ('clearing', 'bank', 'treasury') GROUP BY l.entry_id
) b ON b.entry_id = r.source_entry_id
WHERE r.unit_id = :unit AND r.state IN ('requested', 'approved', 'unknown', 'sent', 'confirmed') GROUP BY r.source_entry_id, b.amount HAVING SUM(r.amount_minor) > b.amount

-- name: suspense-without-a-proposal
SELECT e.id, 1, 0 FROM journal_entries e WHERE e.unit_id = :unit AND e.kind = 'money-suspended'
  AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.source_entry_id = e.id)
  AND NOT EXISTS (SELECT 1 FROM journal_entries v WHERE v.reverses_entry_id = e.id)

-- name: deposit-took-another-amount
SELECT d.id, CASE WHEN d.state IN ('handed-over', 'arrived') THEN d.amount_minor ELSE 0 END, -COALESCE(SUM(l.amount), 0)
FROM cash_deposits d LEFT JOIN legs l ON l.subject_id = d.id AND l.code = 'clearing:counter-cash'
WHERE d.unit_id = :unit GROUP BY d.id, d.state, d.amount_minor
HAVING -COALESCE(SUM(l.amount), 0) <> CASE WHEN d.state IN ('handed-over', 'arrived') THEN d.amount_minor ELSE 0 END

-- name: deposit-arrived-with-another-amount
SELECT d.id, CASE WHEN d.state = 'arrived' THEN d.amount_minor ELSE 0 END, COALESCE(SUM(l.amount), 0)
FROM cash_deposits d LEFT JOIN legs l ON l.subject_id = d.id AND l.code IN ('bank:' || d.account_number, 'treasury:' || d.account_number)
WHERE d.unit_id = :unit GROUP BY d.id, d.state, d.amount_minor
HAVING COALESCE(SUM(l.amount), 0) <> CASE WHEN d.state = 'arrived' THEN d.amount_minor ELSE 0 END

-- name: drawer-below-zero
SELECT l.code, 0, SUM(l.amount) FROM legs l WHERE l.code = 'clearing:counter-cash' GROUP BY l.code HAVING SUM(l.amount) < 0

-- name: transfer-booked-another-amount
-- Each account that an arrived payout, provider's fee or remittance moves; of all others nothing stands.
SELECT d.id, SUM(d.due), SUM(d.booked) FROM (
  SELECT t.id, 'own' AS code, t.gross_minor - t.fee_minor AS due, 0 AS booked
  FROM expected_transfers t WHERE t.unit_id = :unit AND t.state = 'arrived'
  UNION ALL
  SELECT t.id, 'clearing:' || t.counterparty, -t.gross_minor, 0
  FROM expected_transfers t WHERE t.unit_id = :unit AND t.state = 'arrived' AND t.kind = 'payout'
  UNION ALL
  SELECT t.id, 'provider-fees:' || t.counterparty, t.fee_minor, 0
  FROM expected_transfers t WHERE t.unit_id = :unit AND t.state = 'arrived' AND t.kind <> 'remittance'
  UNION ALL
  SELECT t.id, 'treasury:' || t.counterparty, -t.gross_minor, 0
  FROM expected_transfers t WHERE t.unit_id = :unit AND t.state = 'arrived' AND t.kind = 'remittance'
  UNION ALL
  -- Its own account, be it kept at a bank or at the treasury.
  SELECT t.id, CASE WHEN l.code IN ('bank:' || t.account_number, 'treasury:' || t.account_number) THEN 'own' ELSE l.code END, 0, l.amount
  FROM legs l JOIN expected_transfers t ON t.id = l.subject_id
) d GROUP BY d.id, d.code HAVING SUM(d.due) <> SUM(d.booked)

-- name: transfer-is-not-its-statement-entry
SELECT t.id, t.gross_minor - t.fee_minor, COALESCE(SUM(m.amount_minor), 0)
FROM expected_transfers t LEFT JOIN matches m ON m.payment_id = t.id AND m.entry_id = t.statement_entry_id
WHERE t.unit_id = :unit AND t.state = 'arrived' GROUP BY t.id, t.gross_minor, t.fee_minor
HAVING COALESCE(SUM(m.amount_minor), 0) <> t.gross_minor - t.fee_minor

-- name: payment-paid-out-twice
SELECT d.attempt_id, 1, COUNT(*) FROM (
  SELECT p.attempt_id FROM paid_out_payments p JOIN expected_transfers t ON t.id = p.transfer_id
  WHERE p.unit_id = :unit AND t.state NOT IN ('cancelled', 'reversed')
  UNION ALL
  SELECT m.payment_id FROM matches m WHERE m.unit_id = :unit AND m.payment_id IN (SELECT p.attempt_id FROM paid_out_payments p)
) d GROUP BY d.attempt_id HAVING COUNT(*) > 1

-- name: statement-entry-matched-beyond-its-amount
SELECT e.id, e.amount_minor, SUM(m.amount_minor) FROM statement_entries e JOIN matches m ON m.entry_id = e.id
WHERE e.unit_id = :unit GROUP BY e.id, e.amount_minor HAVING ABS(SUM(m.amount_minor)) > ABS(e.amount_minor)

-- name: receipt-numbers-have-a-gap
SELECT s.id, s.last_number, COUNT(r.id) FROM receipt_series s LEFT JOIN receipts r
  ON r.unit_id = s.unit_id AND r.form_code = s.form_code AND r.series = s.series
WHERE s.unit_id = :unit GROUP BY s.id, s.last_number
HAVING COUNT(r.id) <> s.last_number OR COALESCE(MAX(r.number), 0) <> s.last_number

-- name: receipt-is-not-its-items
SELECT r.id, COALESCE(SUM(i.amount_minor), 0), r.amount_minor
FROM receipts r JOIN fee_orders o ON o.id = r.order_id
LEFT JOIN fee_order_items i ON i.order_id = o.id AND i.revision = o.revision AND i.kind = r.kind
WHERE r.unit_id = :unit GROUP BY r.id, r.amount_minor HAVING COALESCE(SUM(i.amount_minor), 0) <> r.amount_minor
