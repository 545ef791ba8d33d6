"""A small OpenAPI 3.1 document with the shapes that generators write: references, unions with null, allOf, arrays."""

from typing import Any

OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Sample gateway", "version": "0.1.0", "description": "Signs documents and takes fees."},
    "tags": [{"name": "fees", "description": "Fee orders and receipts"}],
    "paths": {
        "/v1/fee-orders": {
            "post": {
                "operationId": "open_fee_order",
                "tags": ["fees"],
                "summary": "Open a fee order",
                "description": "Opens an order for a dossier.\n\nThe same key gives the same answer.",
                "security": [{"oauth2": ["fees:write"]}],
                "parameters": [
                    {
                        "name": "Idempotency-Key",
                        "in": "header",
                        "required": True,
                        "schema": {"type": "string", "maxLength": 64},
                    }
                ],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/FeeOrder"},
                            "example": {
                                "dossier_code": "HS-2026-00123",
                                "items": [{"name": "Phí", "amount_minor": 40000}],
                            },
                        }
                    }
                },
                "responses": {
                    "201": {
                        "description": "Opened",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FeeOrder"}}},
                    },
                    "422": {
                        "description": "The key was used with another body",
                        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                    },
                },
            }
        },
        "/v1/receipts/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
            ],
            "get": {
                "tags": ["fees"],
                "summary": "Read a receipt",
                "responses": {"200": {"description": "The receipt"}},
            },
        },
        "/v1/events": {
            "get": {"operationId": "events", "tags": ["events"], "responses": {"200": {"description": "Events"}}}
        },
    },
    "components": {
        "schemas": {
            "FeeOrder": {
                "type": "object",
                "required": ["dossier_code", "items"],
                "properties": {
                    "dossier_code": {"type": "string", "description": "The dossier", "maxLength": 64},
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
                    "payer": {"anyOf": [{"$ref": "#/components/schemas/Payer"}, {"type": "null"}]},
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/FeeOrder"}},
                },
            },
            "Item": {
                "type": "object",
                "required": ["name", "amount_minor"],
                "properties": {
                    "name": {"type": "string"},
                    "amount_minor": {"type": "integer", "exclusiveMinimum": 0},
                    "kind": {"enum": ["phi", "le-phi"], "type": "string"},
                },
            },
            "Payer": {"type": "object", "properties": {"full_name": {"type": "string"}}},
            "Problem": {"type": "object", "properties": {"status": {"type": "integer"}}},
        }
    },
}
