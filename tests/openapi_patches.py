"""Where Webex's API description is wrong or silent: each departure with its reason, in one list.

"Guide" is the documentation at developer.webex.com; "JS SDK" is the repository webex/webex-js-sdk, "Python SDK"
WebexCommunity/WebexPythonSDK, "emulator" WebexSamples/webex-api-emulator.
"""

from tests import openapi_mending as mend
from tests.openapi_admin import ADMIN
from tests.openapi_document import ANY_KIND, ENVELOPE
from tests.openapi_mending import FLAG, NUMBER, TEXT, TEXTS, Json, Patch

LISTS = ("/memberships", "/messages", "/people", "/rooms", "/team/memberships", "/teams", "/webhooks", "/events")
FORM = "application/x-www-form-urlencoded"
PAGE: Json = {"content": {"text/html": {}}}
CONTENT: Json = {"content": {ANY_KIND: {}}}

PATCHES = (
    # Refusals
    Patch(
        "The description lists the statuses of refusals without a body; the guide REST API Basics shows it.",
        mend.schema(
            ENVELOPE,
            "message",
            "trackingId",
            message=TEXT,
            trackingId=TEXT,
            errors={"type": "array", "items": {"type": "object", "properties": {"description": TEXT, "errorCode": NUMBER}}},
        ),
    ),
    *(
        Patch("Refusals come in the envelope (guide REST API Basics).", mend.refusal(number))
        for number in (400, 401, 403, 404, 405, 409, 410, 415, 423, 428, 429)
    ),
    Patch("401 came without a body once (emulator), and may again: a switch of the simulator.", mend.empty(401)),
    Patch("A body beyond all limits has no status of Webex's own; HTTP has one (RFC 9110 section 15.5.14).", mend.refusal(413)),
    Patch(
        "Adding somebody whom nobody knows is answered with 502 (emulator, for rooms; a team is taken for the same).",
        mend.refusal(502, "POST /memberships", "POST /team/memberships"),
    ),
    # Lists
    *(
        Patch(
            "The next page's address has a cursor, which only Webex reads (guide REST API Basics).",
            mend.query(f"GET {path}", "cursor"),
        )
        for path in LISTS
    ),
    *(
        Patch("Every example of a list has its items.", mend.always(f"{name}CollectionResponse", "items"))
        for name in (
            "Membership",
            "ListMessage",
            "DirectMessage",
            "Person",
            "Room",
            "TeamMembership",
            "Team",
            "Webhook",
            "Event",
            "RoomTabs",
        )
    ),
    # People
    Patch("Seen in live answers of people/me.", mend.fields("Person", userName=TEXT)),
    Patch(
        "The description has them as the texts true and false, the guide and the Python SDK as booleans.",
        mend.fields("Person", invitePending=FLAG, loginEnabled=FLAG),
    ),
    Patch("Every example has them.", mend.always("Person", "id", "emails", "displayName", "orgId", "created", "type")),
    # Rooms
    Patch("Every example has them.", mend.always("Room", "id", "title", "type", "isLocked", "created", "creatorId", "ownerId")),
    # Memberships
    Patch(
        "Who changes one thing need not name the other: the Python SDK sends isModerator only.",
        mend.optional("PUT /memberships/{membershipId}", "isModerator", "isRoomHidden"),
    ),
    Patch(
        "Every example has them.",
        mend.always("Membership", "id", "roomId", "personId", "personEmail", "personDisplayName", "isModerator", "created"),
    ),
    # Messages
    Patch(
        "What POST answers is the message, with all that GET shows of it (JS SDK, plugin messages, its tests).",
        mend.fields("Message", parentId=TEXT, html=TEXT, updated=TEXT),
    ),
    Patch(
        "A direct message is a message as any other (JS SDK, plugin messages, its tests).",
        mend.fields(
            "DirectMessage",
            parentId=TEXT,
            html=TEXT,
            updated=TEXT,
            mentionedPeople=TEXTS,
            mentionedGroups=TEXTS,
            attachments={"type": "array", "items": {"$ref": "#/components/schemas/Attachment"}},
        ),
    ),
    Patch("An attachment has a contentType (guide Buttons and Cards).", mend.fields("Attachment", contentType=TEXT)),
    Patch(
        "The content of an attachment is an Adaptive Card, not the file the description takes it for (guide Buttons and Cards).",
        mend.anything("Attachment", "content"),
    ),
    Patch("A file from the sender's disk comes in a form (guide Message Attachments).", mend.form("POST /messages")),
    *(
        Patch("Every example has them.", mend.always(name, "id", "roomId", "roomType", "personId", "personEmail", "created"))
        for name in ("Message", "ListMessage", "DirectMessage")
    ),
    # Cards
    Patch(
        "The inputs are those of the card; the description lists the ones of its example.",
        mend.anything("SubmitCardAction", "inputs"),
    ),
    Patch("As above.", mend.anything("AttachmentActivity", "inputs")),
    Patch(
        "A switch of the simulator: several clients expect 200 where the description has 202.",
        mend.granted("POST /attachment/actions", 200, "AttachmentActivity"),
    ),
    # Webhooks
    Patch(
        "The firehose is in the guide Webhooks and in no list of the description.",
        mend.choices("resource", "all", called="POST /webhooks", shown="Webhook"),
    ),
    Patch("As above.", mend.choices("event", "all", called="POST /webhooks", shown="Webhook")),
    Patch(
        "Seen in live answers and in every delivery (guide Webhooks).",
        mend.fields("Webhook", orgId=TEXT, createdBy=TEXT, appId=TEXT),
    ),
    Patch("Every example has them.", mend.always("Webhook", "id", "name", "targetUrl", "resource", "event", "status", "created")),
    # Teams
    Patch("Seen in live answers (Python SDK, model of a team).", mend.fields("Team", creatorId=TEXT)),
    Patch("Every example has them.", mend.always("Team", "id", "name", "created")),
    Patch(
        "Every example has them.",
        mend.always("TeamMembership", "id", "teamId", "personId", "personEmail", "isModerator", "created"),
    ),
    # Events
    Patch(
        "The data of an event is the resource it tells of; the description mixes the fields of all.",
        mend.anything("Event", "data"),
    ),
    # What other descriptions have
    *ADMIN,
    Patch(
        "Files are in the guide REST API Basics, not in the description.",
        mend.operation("GET /contents/{contentId}", "allow", s200=CONTENT),
    ),
    Patch(
        "OAuth is in the guide Integrations and Authorization and in RFC 6749, not in the description.",
        mend.operation(
            "GET /authorize",
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "code_challenge",
            "code_challenge_method",
            "nonce",
            s200=PAGE,
            s302=PAGE,
            s400=PAGE,
        ),
    ),
    Patch(
        "The sign-in page is Webex's own and described nowhere.",
        mend.operation("POST /authorize", body={FORM: {}}, s200=PAGE, s302=PAGE, s400=PAGE),
    ),
    Patch(
        "The answers of the token endpoint (guide Integrations and Authorization).",
        mend.schema(
            "Grant",
            "access_token",
            "expires_in",
            access_token=TEXT,
            token_type=TEXT,
            expires_in=NUMBER,
            refresh_token=TEXT,
            refresh_token_expires_in=NUMBER,
            scope=TEXT,
        ),
    ),
    Patch(
        "Both shapes of its refusals: RFC 6749 section 5.2 and the envelope.",
        mend.schema("GrantRefusal", error=TEXT, error_description=TEXT, error_uri=TEXT, message=TEXT, errors={}, trackingId=TEXT),
    ),
    Patch(
        "As OAuth above.",
        mend.operation(
            "POST /access_token",
            body={FORM: {}},
            s200=mend.answer("Grant"),
            s400=mend.answer("GrantRefusal"),
            s401=mend.answer("GrantRefusal"),
        ),
    ),
)
