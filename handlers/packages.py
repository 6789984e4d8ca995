"""The catalogue of packages and the company pools, managed by admins."""

from coaching.actions import packages
from coaching.actions.access import check_admin
from coaching.packages import CatalogPackage, Holder
from coaching.policy import TermsOf, TermsScope
from coaching.sessions import Actor
from handlers import parse
from handlers.amounts import money_typed
from handlers.credits import CreditsFeature, place
from handlers.deps import Deps, Publish
from handlers.ids import NO, Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import OfferMeta
from handlers.numbers import whole_at
from handlers.parse import BadRequest
from handlers.policies import PoliciesFeature
from handlers.press import Draw, Press, on_action, on_submit
from handlers.views.kit import Json
from handlers.views.packages import catalogue_view, package_form, pool_form
from language.say import say_for


class PackagesFeature:
    """The dialogs for packages and pools, above the set-up."""

    def __init__(
        self, deps: Deps, credits: CreditsFeature, policies: PoliciesFeature, beneath: Draw, publish_home: Publish
    ) -> None:
        """`beneath` draws the set-up, from which the dialogs are opened, unless they are opened from Home."""
        self._deps = deps
        self._beneath = beneath
        self._publish_home = publish_home
        self._credits = credits
        self._policies = policies
        policies.beneath[TermsOf.PACKAGE] = self._shown

    @on_action(Action.CATALOGUE)
    async def open(self, press: Press) -> None:
        """Show packages and pools. Raises AdminsOnly."""
        await place(press, await self._shown(press.actor))
        await press.ack()

    @on_action(Action.PACKAGE_ADD, Action.PACKAGE_MENU, Action.POOL_ADD, Action.POOL_MENU)
    async def form(self, press: Press) -> None:
        """Show one of the forms, or a pool's credits."""
        store, actor = self._deps.store, press.actor
        match press.action_id:
            case Action.PACKAGE_ADD:
                viewer, types = await packages.open_offered(store, actor)
                # The last session type may have been retired since the button was shown. The catalogue says what to do
                # first.
                say = say_for(viewer.person.locale)
                await place(press, package_form(None, types, say) if types else await self._shown(actor))
            case Action.PACKAGE_MENU:
                verb, _, package_id = parse.value(press.body).partition(":")
                if verb == "terms":
                    await self._policies.open(press, TermsScope(TermsOf.PACKAGE, package_id))
                else:
                    viewer, package = await packages.open_package(store, actor, package_id)
                    if package is None:
                        raise BadRequest("no such package")
                    await place(press, package_form(package, (), say_for(viewer.person.locale)))
            case Action.POOL_ADD:
                viewer = await check_admin(store, actor)
                await place(press, pool_form(None, say_for(viewer.person.locale)))
            case _:
                verb, _, pool_id = parse.value(press.body).partition(":")
                if verb == "credits":
                    await check_admin(store, actor)  # this menu is for admins, its credits for others as well
                    await self._credits.open(press, Holder(pool_id=parse.text(pool_id, "pool")))
                else:
                    viewer, pool = await packages.open_pool(store, actor, pool_id)
                    if pool is None:
                        raise BadRequest("no such pool")
                    await place(press, pool_form(pool, say_for(viewer.person.locale)))
        await press.ack()

    @on_submit(Callback.PACKAGE)
    async def save_package(self, press: Press) -> None:
        """Add a package or change one."""
        package_id = OfferMeta.load_or_new(press.body).id
        say = await self._deps.say_to(press.actor)
        sessions = whole_at(press.body, Block.PACKAGE_SESSIONS, packages.MAX_SESSIONS, least=1)
        type_id = parse.chosen(press.body, Block.PACKAGE_TYPE)
        if not package_id and type_id is None:
            raise BadInput(Block.PACKAGE_TYPE, "choose what kind of session it is for")
        package = CatalogPackage(
            id=package_id,
            name=parse.typed_text(press.body, Block.PACKAGE_NAME, packages.MAX_NAME) or "",
            type_id=type_id or "",
            session_type="",
            unit=0,
            sessions=sessions,
            valid_days=whole_at(press.body, Block.PACKAGE_DAYS, packages.MAX_DAYS, least=1),
            money=money_typed(press.body, Block.PACKAGE_PRICE, say),
            retired=parse.chosen(press.body, Block.PACKAGE_OFFERED) == NO,
        )
        await packages.save_package(self._deps.store, press.actor, parse.request_key(press.body), package)
        await self._saved(press)

    @on_submit(Callback.POOL)
    async def save_pool(self, press: Press) -> None:
        """Add a pool or change one."""
        pool_id = OfferMeta.load_or_new(press.body).id
        contact = parse.picker(press.body, Block.POOL_CONTACT, "selected_user")
        members = parse.pickers(press.body, Block.POOL_MEMBERS, "selected_users")
        # The pool's credits expire in the contact's zone.
        named: dict[str, list[str]] = {Block.POOL_CONTACT: [contact] if contact else [], Block.POOL_MEMBERS: members}
        await self._deps.introduced(press.client, press.actor, named)
        await packages.save_pool(
            self._deps.store,
            self._deps.clock,
            press.actor,
            parse.request_key(press.body),
            pool_id=pool_id or None,
            name=parse.typed_text(press.body, Block.POOL_NAME, packages.MAX_NAME) or "",
            contact_id=contact,
            member_ids=members,
            retired=parse.chosen(press.body, Block.POOL_OFFERED) == NO,
        )
        await self._saved(press)

    async def _saved(self, press: Press) -> None:
        await press.redraw_beneath(self._beneath)
        await press.replace(await self._shown(press.actor))
        self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    async def _shown(self, actor: Actor) -> Json:
        """Return the dialog in its current state."""
        return catalogue_view(await packages.open_catalogue(self._deps.store, actor))
