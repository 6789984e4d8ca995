"""Every block and element of Block Kit works in the page, by mouse and by keyboard."""

import asyncio

from playwright.async_api import expect

from playground.blocks import SURFACES
from tests.browser import kitchen
from tests.browser.conftest import Enter
from tests.browser.kitchen import Kitchen
from tests.browser.marks import BROWSER
from tests.browser.visitor import Visitor
from tests.support import patience

pytestmark = BROWSER


async def _opened(enter: Enter, sink: Kitchen) -> Visitor:
    visitor = await enter(sink.pg.url, "U1/C1")
    await visitor.type("/kitchen")
    await visitor.opens("Every input")
    return visitor


async def test_every_block_that_a_message_takes_is_shown(sink: Kitchen, enter: Enter) -> None:
    assert {block["type"] for block in kitchen.BLOCKS} == SURFACES["message"] - {"input"}
    visitor = await enter(sink.pg.url, "U1/C1")
    await sink.post(blocks=kitchen.BLOCKS)
    message = visitor.messages.last
    await expect(message).to_contain_text("A task")
    for words in (
        "Everything at once",
        "Left",
        "A film",
        "F-1",
        "A card",
        "Inside",
        "Cell",
        "7",
        "A chart",
        "First task",
    ):
        await expect(message).to_contain_text(words)
    await expect(message).not_to_contain_text("unsupported block")
    await expect(message).to_contain_text("[unsupported: workflow]")
    await expect(message.get_by_role("img", name="A lake")).to_be_visible()
    await expect(message.locator("ol")).to_have_attribute("start", "3")
    await expect(message.locator(".rich .mention")).to_have_text(["@Anna Client", "#general", "@here"])


async def test_a_block_that_cannot_be_shown_is_named(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1")
    workspace = sink.pg.workspace
    workspace.post(workspace.channel("C1"), "UBOT", "text", [{"type": "hologram", "block_id": "h"}], by_app=True)
    await expect(visitor.messages.last).to_contain_text("[unsupported block: hologram]")


async def test_clicks_and_choices_in_a_message_reach_the_app(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1")
    await sink.post(blocks=kitchen.BLOCKS)
    message = visitor.messages.last
    await message.get_by_role("button", name="Plain", exact=True).click()
    await message.get_by_role("button", name="More actions: With a menu").click()
    await visitor.page.get_by_role("menuitem", name="Second").click()
    await message.get_by_role("combobox", name="Pick one").click()
    await message.get_by_role("combobox", name="Pick one").type("pea")
    await visitor.page.get_by_role("option", name="Pear").click()
    await message.get_by_role("checkbox", name="Tea").check()
    await message.get_by_role("radio", name="Right").check()
    await message.locator("input[type=date]").fill("2027-02-03")
    await message.get_by_role("button", name="On the card").click()
    await message.get_by_role("button", name="Yes").click()
    await expect(message.get_by_role("button", name="Yes")).not_to_have_attribute("aria-busy", "true")
    await _until(visitor, lambda: len(sink.acted) == 8)
    by_id = {action["action_id"]: action for action in sink.acted}
    assert by_id["menu"]["selected_option"]["value"] == "2"
    assert by_id["pick"]["selected_option"]["value"] == "pear"
    assert by_id["tick"]["selected_options"][0]["value"] == "tea"
    assert by_id["turn"]["selected_option"]["value"] == "r"
    assert by_id["day"]["selected_date"] == "2027-02-03"
    assert set(by_id) == {"plain", "menu", "pick", "tick", "turn", "day", "carded", "liked"}


async def test_a_confirm_dialog_stands_before_the_click(sink: Kitchen, enter: Enter) -> None:
    visitor = await enter(sink.pg.url, "U1/C1")
    await sink.post(blocks=kitchen.BLOCKS)
    bad = visitor.messages.first.get_by_role("button", name="Bad")
    question = visitor.page.get_by_role("alertdialog", name="Really?")
    await bad.click()
    await question.get_by_role("button", name="Leave it").click()
    await expect(question).to_have_count(0)
    await expect(bad).to_be_focused()
    await bad.click()
    await visitor.page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    assert sink.acted == []
    await bad.click()
    await question.get_by_role("button", name="Do it").click()
    await expect(visitor.messages.last).to_contain_text("It is done")
    await expect(visitor.messages.last).to_contain_text("Only visible to you")
    assert [action["action_id"] for action in sink.acted] == ["bad"]


async def test_every_input_filled_by_mouse_arrives_as_slack_sends_it(sink: Kitchen, enter: Enter) -> None:
    visitor = await _opened(enter, sink)
    modal, page = visitor.modal, visitor.page
    for label, words in (
        ("Line", "hello"),
        ("Story", "a\nb"),
        ("Rich", "rich"),
        ("E-mail", "a@example.com"),
        ("Address", "https://x.example"),
        ("Number", "7"),
    ):
        await (
            modal.get_by_label(label, exact=True).or_(modal.get_by_label(f"{label} (optional)", exact=True)).fill(words)
        )
    await modal.get_by_label("Day (optional)").fill("2027-02-03")
    await modal.get_by_label("Time (optional)").fill("09:30")
    await modal.get_by_label("Instant (optional)").fill("2027-02-03T09:30")
    for label, typed, wanted in (
        ("One", "pear", ["Pear"]),
        ("Several", "Option 2", ["Option 2", "Option 20"]),
        ("From the app", "abc", ["abc 1"]),
        ("Several from the app", "q", ["q 0", "q 2"]),
        ("Person", "ben", ["Ben Coach @ben"]),
        ("People", "a", ["Anna Client @anna"]),
        ("Channel", "", ["#random"]),
        ("Channels", "", ["#general"]),
        ("Conversation", "secr", ["🔒 secret"]),
        ("Conversations", "gen", ["#general"]),
    ):
        box = modal.get_by_role("combobox", name=f"{label} (optional)", exact=True)
        for option in wanted:
            await box.click()
            await box.fill(typed)
            await page.get_by_role("option", name=option, exact=True).click()
        await page.keyboard.press("Tab")
    await modal.get_by_role("checkbox", name="Red").check()
    await modal.get_by_role("checkbox", name="Blue").check()
    await modal.get_by_role("radio", name="South").check()
    await modal.get_by_role("button", name="Send").click()
    await visitor.opens("Sent")
    [values] = sink.submitted
    flat = {kind: next(value for name, value in kept.items() if name != "type") for kind, kept in values.items()}
    assert flat["typed"] == "hello"
    assert flat["plain_text_input"] == "a\nb"
    assert flat["rich_text_input"]["elements"][0]["elements"][0]["text"] == "rich"
    assert (flat["email_text_input"], flat["url_text_input"], flat["number_input"]) == (
        "a@example.com",
        "https://x.example",
        "7",
    )
    assert (flat["datepicker"], flat["timepicker"]) == ("2027-02-03", "09:30")
    assert flat["datetimepicker"] == 1801665000  # 09:30 in New York, where Anna is
    assert flat["static_select"]["value"] == "pear"
    assert [item["value"] for item in flat["multi_static_select"]] == ["o2", "o20"]
    assert flat["external_select"]["value"] == "x1"
    assert [item["value"] for item in flat["multi_external_select"]] == ["x0", "x2"]
    assert (flat["users_select"], flat["multi_users_select"]) == ("U2", ["U1"])
    assert (flat["channels_select"], flat["multi_channels_select"]) == ("C2", ["C1"])
    assert (flat["conversations_select"], flat["multi_conversations_select"]) == ("C3", ["C1"])
    assert [item["value"] for item in flat["checkboxes"]] == ["red", "blue"]
    assert flat["radio_buttons"]["value"] == "s"


async def test_selects_work_by_keyboard_and_are_limited(sink: Kitchen, enter: Enter) -> None:
    visitor = await _opened(enter, sink)
    keys = visitor.page.keyboard
    box = visitor.modal.get_by_role("combobox", name="Several (optional)", exact=True)
    await box.focus()
    await keys.press("ArrowDown")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(visitor.page.get_by_text("At most 2 can be chosen")).to_be_visible()
    await keys.press("Escape")
    await expect(box).to_have_attribute("aria-expanded", "false")
    await expect(visitor.modal).to_be_visible()
    await expect(visitor.modal.locator(".chip")).to_have_text(["Option 1", "Option 2"])
    await keys.press("Backspace")
    await expect(visitor.modal.locator(".chip")).to_have_text(["Option 1"])


async def test_what_slack_would_not_submit_is_refused_under_the_field(sink: Kitchen, enter: Enter) -> None:
    visitor = await _opened(enter, sink)
    modal = visitor.modal
    await modal.get_by_label("E-mail (optional)").fill("nonsense")
    await modal.get_by_label("Number (optional)").fill("12")
    await modal.get_by_role("button", name="Send").click()
    await expect(modal.get_by_role("alert")).to_have_text(
        ["Please complete this required field.", "Enter a valid email address.", "Enter 9 or less."]
    )
    await expect(modal.get_by_label("Line")).to_be_focused()
    assert sink.submitted == []
    await modal.get_by_label("Line").fill("fine")
    await expect(modal.get_by_role("alert")).to_have_count(2)


async def _until(visitor: Visitor, met: object) -> None:
    assert callable(met)
    async with asyncio.timeout(patience.SECONDS):
        while not met():
            await visitor.page.evaluate("new Promise(requestAnimationFrame)")
