"""The pages for teachers as they are printed."""

import re

from app.lessons import LESSONS


def test_each_page_prints_on_one_side(browser, site, dist):
    page = browser.new_page()
    for id in LESSONS:
        page.goto(f"{site}teachers/{id}.html")
        sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True)))
        assert sheets == 1, f"{id} takes {sheets} sides"
    page.goto(f"{site}teachers/index.html")
    links = page.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert [link for link in links if link.endswith(".html")] == [f"{id}.html" for id in LESSONS]
    page.close()
