"""The routes under /roles, /licenses and /organizations, for administrators."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import directory, ids, roles
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.paging import page, size
from app.simulator.records import Caller, Json
from app.simulator.rest.guard import check_organization, guarded

blueprint = Blueprint("directory", __name__)


@blueprint.get("/roles")
@guarded()
def list_roles(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List the roles an administrator can give."""
    return _page(_roles(caller))


@blueprint.get("/roles/<role_id>")
@guarded()
def get_role(cloud: Cloud, caller: Caller, role_id: str) -> ResponseReturnValue:
    """Show a role."""
    return _one(_roles(caller), ids.canonical("ROLE", role_id))


@blueprint.get("/licenses")
@guarded()
def list_licenses(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List the licenses of the organization and how many of them are taken."""
    check_organization(caller, request.args)
    return _page(_licenses(cloud, caller))


@blueprint.get("/licenses/<license_id>")
@guarded()
def get_license(cloud: Cloud, caller: Caller, license_id: str) -> ResponseReturnValue:
    """Show a license."""
    return _one(_licenses(cloud, caller), ids.canonical("LICENSE", license_id))


@blueprint.get("/organizations")
@guarded()
def list_organizations(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List the organizations the caller administers."""
    return _page(_organizations(cloud, caller))


@blueprint.get("/organizations/<org_id>")
@guarded()
def get_organization(cloud: Cloud, caller: Caller, org_id: str) -> ResponseReturnValue:
    """Show an organization."""
    return _one(_organizations(cloud, caller), ids.canonical("ORGANIZATION", org_id))


def _roles(caller: Caller) -> list[Json]:
    roles.check_admin(caller, "spark-admin:roles_read")
    return [{"id": role_id, "name": name} for role_id, name in roles.ROLES.items()]


def _licenses(cloud: Cloud, caller: Caller) -> list[Json]:
    roles.check_admin(caller, "spark-admin:licenses_read")
    return directory.licenses(cloud, caller)


def _organizations(cloud: Cloud, caller: Caller) -> list[Json]:
    roles.check_admin(caller, "spark-admin:organizations_read")
    return directory.organizations(cloud, caller)


def _page(items: list[Json]) -> ResponseReturnValue:
    shown, headers = page(items, lambda one: str(one["id"]), size(100, 1000))
    return {"items": shown}, 200, headers


def _one(items: list[Json], wanted: str) -> Json:
    for one in items:
        if one["id"] == wanted:
            return one
    raise ApiError(404, "The requested resource could not be found.")
