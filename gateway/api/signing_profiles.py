"""/v1/signing-profiles: the ways in which the gateway signs."""

from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from gateway.api.writing import services
from gateway.auth.oauth import authorised

blueprint = APIBlueprint(
    "signing-profiles", __name__, url_prefix="/v1", abp_tags=[Tag(name="signing")], abp_security=[{"oauth2": []}]
)


class ProfileOut(BaseModel):
    """One way of signing."""

    code: str
    role: str
    level: str


class ProfileList(BaseModel):
    items: list[ProfileOut]


@blueprint.get("/signing-profiles", summary="List signing profiles", responses={200: ProfileList})
@authorised("signing:read")
def list_profiles() -> dict[str, Any]:
    """Name the profiles that a step may use."""
    profiles = sorted(services().profiles.values(), key=lambda profile: profile.code)
    items = [ProfileOut(code=item.code, role=str(item.role), level=str(item.level)) for item in profiles]
    return ProfileList(items=items).model_dump()
