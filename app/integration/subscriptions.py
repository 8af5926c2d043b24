"""What Webex tells us about a person: the one place that owns people's webhooks.

*Precise* registers a filtered webhook for each thing that a switched-on feature needs, so that the server never hears
about most of a person's Webex. *Firehose* registers one for everything; what no feature needs is dropped by its
metadata, without a fetch.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import structlog

from app import metrics
from app.errors import NotConnected
from app.integration import own_events
from app.integration.client import People
from app.language import N_, _
from app.models import Database, route, subscription, user
from app.models.route import Route
from app.models.vip import Vip
from app.webex.client import WebexClient
from app.webex.errors import NotFound, WebexError
from app.webex.events import Signer
from app.webex.resources import Webhook
from config import Config

log = structlog.get_logger(__name__)

# The names under which Webex keeps them, and what they are called to their owner.
MENTIONS = "mentions of me"
OWN, EVERYTHING = "my messages", "everything"
OPAQUE = 40  # hexadecimal digits, 160 bits
SIGNERS = 4_096  # kept at hand, 0.8 kB each
DIRECT, GROUP, ROOMS = "1:1 messages", "group messages", "my rooms"
TOLD = {
    OWN: N_("Your own messages"),
    EVERYTHING: N_("Everything in your rooms, without texts"),
    MENTIONS: N_("Mentions of you"),
    DIRECT: N_("1:1 messages"),
    GROUP: N_("Group messages"),
    ROOMS: N_("My rooms"),
}


@dataclass(frozen=True)
class Wanted:
    """A webhook that should exist at Webex."""

    name: str
    resource: str
    event: str
    filter: str = ""


@dataclass
class Reconciled:
    """:ivar ids: webhook ids by name
    :ivar deaf: names of those by which nothing came until now: new ones, and those that Webex had switched off
    """

    ids: dict[str, str] = field(default_factory=dict)
    deaf: set[str] = field(default_factory=set)


def derive(key: str, *parts: str) -> str:
    """A value that only we can make: HMAC-SHA256 of the parts under the master key, in hex."""
    return hmac.digest(key.encode(), "|".join(parts).encode(), hashlib.sha256).hex()


class Hooks:
    """Creates, keeps, repairs and removes webhooks of this instance, for whoever's token it is given.

    They are known by name: `Army Knife <instance>: …`, where the instance follows from HOOK_KEY, so that two
    installations leave each other's alone. Anything else is foreign and never touched.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.prefix = f"Army Knife {derive(config.hook_key.reveal(), 'instance')[:6]}: "

    def reconcile(self, webex: WebexClient, wanted: Iterable[Wanted], target: str, secret: str) -> Reconciled:
        """Make Webex's list agree with what is wanted; create before delete.

        :raises WebexError: if Webex refuses; what was done so far stays and the next run goes on from there
        """
        ours = [hook for hook in webex.list_webhooks() if self.is_ours(hook)]
        spare = {hook.id: hook for hook in ours}
        found = Reconciled()
        for want in wanted:
            hook = next((hook for hook in spare.values() if self._is_same(hook, want)), None)
            state = _state(hook, target)
            metrics.HOOKS.labels(state).inc()
            if state != "active":
                found.deaf.add(want.name)
            if hook is None:
                hook = self._create(webex, want, target, secret)
            elif hook.target_url != target or hook.status != "active":
                self._repair(webex, hook, target, secret)
            spare.pop(hook.id, None)
            found.ids[want.name] = hook.id
        for hook in spare.values():
            _delete(webex, hook.id)
        return found

    def remove_all(self, webex: WebexClient) -> int:
        """:returns: how many of this instance's webhooks were removed"""
        ours = [hook for hook in webex.list_webhooks() if self.is_ours(hook)]
        for hook in ours:
            _delete(webex, hook.id)
        return len(ours)

    def states(self, listed: Iterable[Webhook], wanted: Iterable[Wanted]) -> dict[str, str]:
        """What Webex said of each wanted webhook when it listed them: its status, or `missing`."""
        ours = [hook for hook in listed if self.is_ours(hook)]
        return {want.name: next((hook.status for hook in ours if self._is_same(hook, want)), "missing") for want in wanted}

    def is_ours(self, hook: Webhook) -> bool:
        return hook.name.startswith(self.prefix)

    def _is_same(self, hook: Webhook, want: Wanted) -> bool:
        """Resource, event and filter can't be changed by PUT (Webex "Webhooks" reference); a hook that differs there is
        another hook.
        """
        same = (hook.name, hook.resource, hook.event, hook.filter)
        return same == (self.prefix + want.name, want.resource, want.event, want.filter)

    def _create(self, webex: WebexClient, want: Wanted, target: str, secret: str) -> Webhook:
        fields = {"name": self.prefix + want.name, "resource": want.resource, "event": want.event}
        if want.filter:
            fields["filter"] = want.filter
        return webex.create_webhook(targetUrl=target, secret=secret, **fields)

    def _repair(self, webex: WebexClient, hook: Webhook, target: str, secret: str) -> None:
        """The secret is always sent again: whether a PUT without one keeps it is not documented."""
        log.info("webhook repaired", status=hook.status)
        mended = webex.update_webhook(hook.id, name=hook.name, targetUrl=target, secret=secret, status="active")
        if mended.status != "active":  # the next look finds it, and what it does not bring
            log.error("webhook stays as it is", status=mended.status)


def _state(hook: Webhook | None, target: str) -> str:
    """How a wanted webhook was found, as metrics call it."""
    if hook is None:
        return "missing"
    if hook.status != "active":
        return "inactive"
    return "active" if hook.target_url == target else "moved"


def _delete(webex: WebexClient, webhook_id: str) -> None:
    try:
        webex.delete_webhook(webhook_id)
    except NotFound:
        log.info("webhook gone already")


class Subscriptions:
    """People's webhooks: wanted set, difference, create before delete."""

    def __init__(self, database: Database, people: People, config: Config) -> None:
        self.database = database
        self.people = people
        self.config = config
        self.hooks = Hooks(config)
        # Begun once and copied: half the price of a new one, and the ear needs it for each delivery.
        self._signing = hmac.new(config.hook_key.reveal().encode(), b"secret|", hashlib.sha256)
        self.signer = lru_cache(SIGNERS)(lambda opaque: Signer(self.secret(opaque)))

    def opaque(self, person_id: str) -> str:
        """The unguessable last part of this person's webhook address. Derived, so that the database need not hold it."""
        return derive(self.config.hook_key.reveal(), "path", person_id)[:OPAQUE]

    def secret(self, opaque: str) -> str:
        """The secret that signs what arrives under a path.

        It follows from the path, so a signature is checked before anybody asks whose path that is; and whoever makes paths up
        can't sign for them.
        """
        signed = self._signing.copy()
        signed.update(opaque.encode("utf-8", "surrogateescape"))
        return signed.hexdigest()

    def target(self, person_id: str) -> str:
        return f"{self.config.public_url}/hooks/{self.opaque(person_id)}"

    def wanted(self, wants: Route) -> list[Wanted]:
        """The webhooks that this person's switched-on features need.

        A mention can't be told from an event's metadata, so mentions have a webhook of their own in either way. While a person
        is paused, only their own messages are heard, so that commands are answered.
        """
        is_on = not wants.paused
        needs_mentions = is_on and (wants.mentions or wants.answers_mentions or wants.asked)
        mentions = [Wanted(MENTIONS, "messages", "created", "mentionedPeople=me")] if needs_mentions else []
        if self.config.subscriptions == "firehose":
            return [Wanted(EVERYTHING, "all", "all"), *mentions]
        own = Wanted(OWN, "messages", "created", f"personId={wants.person_id}")
        return [own, *mentions, *(_precise(wants) if is_on else [])]

    def purpose(self, hook_name: str) -> str:
        """What a webhook is for, from its name at Webex."""
        return hook_name.removeprefix(self.hooks.prefix)

    def wants(self, person_id: str) -> Route:
        """What this person's features need, as the database says."""
        with self.database.reading() as db:
            return route.find(db, person_id)

    def sync(self, person_id: str, wants: Route | None = None) -> None:
        """Make Webex tell us what is wanted, and no more. If it did not tell of the person's own messages for a while, though it
        had been asked to, commands are looked for that were typed meanwhile.

        :param wants: what is about to be wanted, if it is not written yet: a feature is switched on only after Webex agreed
        :raises WebexError: if Webex refuses
        :raises NotConnected: if the authorization has ended
        """
        wanted = self.wanted(wants or self.wants(person_id))
        webex = self.people.acting_as(person_id)
        found = self.hooks.reconcile(webex, wanted, self.target(person_id), self.secret(self.opaque(person_id)))
        with self.database.transaction() as db:
            seen = {row.name: row.seen_at for row in subscription.of(db, person_id)}
            missed_since = [seen[name] for name in (OWN, EVERYTHING) if name in found.deaf and name in seen]
            subscription.replace(db, person_id, found.ids)
            if missed_since:
                own_events.catch_up_soon(db, person_id, min(missed_since))
            user.set_hook(db, person_id, self.opaque(person_id))  # another one after a change of HOOK_KEY

    def states(self, person_id: str) -> dict[str, str]:
        """What Webex says right now of each webhook this person needs, by name."""
        return self.judged(person_id, self.people.acting_as(person_id).list_webhooks())

    def judged(self, person_id: str, listed: Iterable[Webhook]) -> dict[str, str]:
        """How the webhooks that this person needs stand in a list that Webex gave."""
        return self.hooks.states(listed, self.wanted(self.wants(person_id)))

    def remove_all(self, person_id: str) -> int | None:
        """Remove the person's webhooks, as far as the token still allows.

        :returns: how many were removed, or None if Webex did not let us
        """
        try:
            return self.hooks.remove_all(self.people.acting_as(person_id))
        except (WebexError, NotConnected) as error:
            log.warning("webhooks not removed", error=type(error).__name__)
            return None


def _precise(wants: Route) -> list[Wanted]:
    """Filters are those of the Webex "Webhooks" guide; each is for one feature and falls away with it."""
    found = [Wanted(vip_hook_name(vip_id), "messages", "created", f"personId={vip_id}") for vip_id in sorted(wants.tracked)]
    if wants.direct or wants.asked:
        found.append(Wanted(DIRECT, "messages", "created", "roomType=direct"))
    if wants.all_mentions:
        found.append(Wanted(GROUP, "messages", "created", "roomType=group"))
    if wants.rooms:
        found.append(Wanted(ROOMS, "memberships", "created", f"personId={wants.person_id}"))
    return found


def vip_hook_name(vip_person_id: str) -> str:
    """Names are shown to whoever lists the webhooks: a short hash tells nobody who is tracked."""
    return f"VIP {hashlib.sha256(vip_person_id.encode()).hexdigest()[:10]}"


def told_name(name: str, tracked: Iterable[Vip]) -> str:
    """What a webhook is for, as its owner is told; its name at Webex tells nobody who is tracked."""
    whose = {vip_hook_name(row.vip_person_id): row.nickname for row in tracked}
    if name in whose:
        return _("Messages of {nickname}", nickname=whose[name])
    return _(TOLD[name]) if name in TOLD else name
