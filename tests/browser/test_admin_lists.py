"""The superadmin's lists in a browser: they fit, or say that there is more; filters stand above them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_looks import examine


def settle(window: Visit, path: str) -> Page:
    window.go(path)
    return window.settle()


@pytest.fixture
def crowd(console) -> None:
    """People with the longest of names."""
    console.call("tests.browser.admin_rows.make_a_crowd")


def is_cut(page: Page, path: str) -> bool:
    """Whether the list goes on beyond its frame, which then says so and can be scrolled to its end."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    frame = page.locator("#changelist-form .results")
    if not frame.count():
        return False  # nothing in it
    goes_on = bool(frame.evaluate("frame => frame.scrollWidth > frame.clientWidth + 1"))
    assert page.locator("#list-hint").is_visible() == goes_on, path
    if goes_on:
        expect(frame).to_have_attribute("tabindex", "0")
        expect(frame).to_have_class(re.compile("is-cut-after"))
        frame.evaluate("frame => { frame.scrollLeft = frame.scrollWidth }")
        expect(frame).not_to_have_class(re.compile("is-cut-after"))
        frame.evaluate("frame => { frame.scrollLeft = 0 }")
    return goes_on


def test_a_list_fits_or_says_that_there_is_more(visit, superadmin, crowd):
    """Wide by day; then, of the same page, narrow and by night."""
    window = visit(superadmin, width=1280, height=800, color_scheme="light")
    page = settle(window, "/admin/dashboard")
    hrefs = page.locator("#content-main th a").evaluate_all("links => links.map((link) => link.getAttribute('href'))")
    lists = [href for href in hrefs if href.count("/") == 4]
    assert len(lists) > 15
    cut = []
    for path in lists:
        people = path == "/admin/tenants/user/"
        settle(window, path)
        assert not (is_cut(page, f"{path} 1280") and people)
        if people:
            examine(page, f"{path} light 1280")
        page.set_viewport_size({"width": 768, "height": 800})
        page.emulate_media(color_scheme="dark")
        window.settle()
        cut += [path] if is_cut(page, f"{path} 768") else []
        if people:
            examine(page, f"{path} dark 768")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light")
    assert cut, "all of them fit, so nothing was seen of a list that does not"


def test_filters_are_folded_above_a_list_and_open_while_one_holds(visit, superadmin, crowd):
    window = visit(superadmin, width=1280, height=800)
    page = settle(window, "/admin/tenants/user/")
    filters = page.locator("details.list-filters")
    expect(filters).not_to_have_attribute("open", "")
    filters.locator("> summary").click()
    filters.get_by_role("link", name="Nunca").click()
    page.wait_for_url(re.compile("seen=never"))
    expect(page.locator("details.list-filters")).to_have_attribute("open", "")
    page.get_by_role("link", name="Quitar todos los filtros").click()
    page.wait_for_url(re.compile(r"/user/$|/user/\?$"))
    expect(page.locator("details.list-filters")).not_to_have_attribute("open", "")
