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


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 768)])
def test_a_list_fits_or_says_that_there_is_more(visit, superadmin, crowd, scheme, width):
    window = visit(superadmin, width=width, height=800, color_scheme=scheme)
    page = settle(window, "/admin/dashboard")
    hrefs = page.locator("#content-main th a").evaluate_all("links => links.map((link) => link.getAttribute('href'))")
    lists = [href for href in hrefs if href.count("/") == 4]
    assert len(lists) > 15
    for path in lists:
        page = settle(window, path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        frame = page.locator("#changelist-form .results")
        if not frame.count():
            continue  # nothing in it
        is_cut = frame.evaluate("frame => frame.scrollWidth > frame.clientWidth + 1")
        assert page.locator("#list-hint").is_visible() == is_cut, path
        if is_cut:
            expect(frame).to_have_attribute("tabindex", "0")
            expect(frame).to_have_class(re.compile("is-cut-after"))
            frame.evaluate("frame => { frame.scrollLeft = frame.scrollWidth }")
            expect(frame).not_to_have_class(re.compile("is-cut-after"))
        if path == "/admin/tenants/user/":
            assert width < 1280 or not is_cut
            examine(page, f"{path} {scheme} {width}")


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
