"""The scenes about credits: the ledger before and after, a company's pool, expiry."""

from collections import Counter
from datetime import datetime, timedelta

from bot.demo import sample
from bot.demo.demo import Demo
from bot.demo.scenes.stage import Tour, boxes, heard, modal, offered
from coaching.packages import Holder
from playground.person import Person


async def ledger(tour: Tour, demo: Demo, title: str) -> dict[str, int]:
    """Print Anna's grants and return their balances, in hundredths of a credit."""
    async with demo.bot.store.read(sample.TEAM) as queries:
        accounts = await queries.ledger.balances()
        grants = await queries.grants.of_client(sample.ANNA)
    held_by: Counter[str] = Counter()
    for grant in grants:
        held_by[f"{grant.label}{', returned' if grant.parent_id else ''}"] += grant.balance
    lines = [f"{name:<28}{held / 100:>8.2f}" for name, held in held_by.items()]
    held = sum(amount for name, amount in accounts.items() if name.startswith("session:"))
    lines.append(f"{'held for booked sessions':<28}{held / 100:>8.2f}")
    lines.append(f"{'forfeited':<28}{accounts.get('forfeited', 0) / 100:>8.2f}")
    lines.append(f"{'issued':<28}{accounts.get('issued', 0) / 100:>8.2f}")
    tour.show(f"{title} (Anna's grants, in credits)", lines)
    tour.promise("all accounts sum to zero", sum(accounts.values()) == 0)
    return {**held_by, "forfeited": accounts.get("forfeited", 0)}


def compare(tour: Tour, before: dict[str, int], after: dict[str, int]) -> None:
    """Check that the ledger changed by exactly the amounts that were announced."""
    package = after[sample.PACKAGE] - before[sample.PACKAGE]
    credits = after["Welcome credits, returned"]
    tour.promise("3 credits came back to the package: two in time, one refunded anyway", package == 300)
    tour.promise("half of 0.5 credits came back, for longer than what paid lasts", credits == 25)
    tour.promise("0.25 credits are forfeited", after["forfeited"] - before["forfeited"] == 25)


async def pool(tour: Tour, demo: Demo, dana: Person, mia: Person, noor: Person) -> None:
    """A company buys a package. A member books from it and cancels, and the credits return to the company."""
    tour.scene("Dana sells Acme another package; Noor books from it and cancels")
    await dana.command("/sessions setup")
    await dana.click("Packages and credits")
    tour.dialog("Dana", dana)
    await dana.click("Give credits…")
    await dana.choose(sample.POOL)
    await dana.choose(next(text for text in offered(dana, "input") if text.startswith(sample.SMALL_PACKAGE)))
    await dana.submit()
    tour.dialog("Dana", dana)
    tour.promise("a package is sold to a company in one form", f"{sample.POOL}'s pool" in modal(dana).text)
    await dana.close(everything=True)
    news = (await heard(mia, f"{sample.POOL}'s pool got"))[-1]
    tour.show("Mia, who looks after the pool · direct message", news.lines)
    tour.promise("the pool's contact is told", "2.5 credits" in news.text)
    before = await _left(demo)
    await noor.command("/sessions book")
    await noor.choose("Dev Patel", action_id="book_coach")
    kind = next(text for text in offered(noor, "book_type") if text.startswith(sample.CHECK_IN))
    await noor.choose(kind, action_id="book_type")
    await noor.choose(offered(noor, "book_time")[0], action_id="book_time")
    tour.dialog("Noor", noor)
    tour.promise("a member books with what the company paid for", sample.SMALL_PACKAGE in modal(noor).text)
    await noor.submit()
    await noor.close(everything=True)
    during = await _left(demo)
    await noor.command("/sessions cancel")
    await noor.tick(next(label for label in boxes(noor) if label.startswith(sample.CHECK_IN)))
    await noor.submit()
    await noor.fill("Reason", "Found an earlier one")
    await noor.submit()
    await noor.close(everything=True)
    after = await _left(demo)
    tour.promise("what a member books leaves the pool", before - during == 50)
    tour.promise("and comes back to the pool, not to the member", after == before)
    await mia.command("/sessions credits")
    await mia.click("Show", near=sample.POOL)
    await mia.click("History")
    tour.dialog("Mia", mia)
    tour.promise("the contact sees who used what", "for Noor Haddad" in modal(mia).text)
    await mia.close(everything=True)


async def warned(tour: Tour, demo: Demo, anna: Person) -> None:
    """Credits are about to expire, and their holder is warned in time to use them."""
    tour.scene("Two weeks before Anna's welcome credits expire")
    demo.door.advance(await _expiry(demo) - timedelta(days=14) - demo.clock.now() + timedelta(seconds=1))
    warning = (await heard(anna, "expire soon"))[-1]
    tour.show("Anna · direct message", warning.lines)
    tour.promise("expiry is announced, with what and until when", "Welcome credits" in warning.text)


async def expired(tour: Tour, demo: Demo, anna: Person) -> None:
    """Unused credits expire automatically, and the history shows it."""
    tour.scene("And they expire")
    demo.door.advance(await _expiry(demo) - demo.clock.now() + timedelta(minutes=11))
    await anna.wait_for(lambda _: _is_closed(demo))
    await anna.command("/sessions credits")
    tour.dialog("Anna", anna)
    await anna.click("History")
    tour.dialog("Anna", anna)
    tour.promise("what expired is in the history, and not in the balance", "Expired: Welcome" in modal(anna).text)
    await anna.close(everything=True)
    async with demo.bot.store.read(sample.TEAM) as queries:
        accounts = await queries.ledger.balances()
    tour.promise("it went to its own account, and all accounts sum to zero", _squared(accounts))


def _squared(accounts: dict[str, int]) -> bool:
    return accounts.get("expired", 0) > 0 and sum(accounts.values()) == 0


async def _left(demo: Demo) -> int:
    """Return the balance of the company's pool, in hundredths of a credit."""
    async with demo.bot.store.read(sample.TEAM) as queries:
        holdings = await queries.grants.holdings(Holder(pool_id=demo.sample.pool_id))
    return sum(held.grant.balance for held in holdings)


async def _is_closed(demo: Demo) -> bool:
    async with demo.bot.store.read(sample.TEAM) as queries:
        return (await queries.ledger.balances()).get("expired", 0) > 0


async def _expiry(demo: Demo) -> datetime:
    async with demo.bot.store.read(sample.TEAM) as queries:
        grants = await queries.grants.of_client(sample.ANNA)
    return next(g.expires_at for g in grants if g.label == "Welcome credits" and g.expires_at)
