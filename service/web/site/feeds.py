"""Pages about feeds: the directory, the page about one feed, and OPML."""

from __future__ import annotations

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from feeds import opml
from feeds.format import FORMATS, RECOMMENDED
from service.dateline import Dateline
from service.links import Addresses
from service.web.pages.layout import addresses_of, render
from service.web.pages.responses import not_found
from service.web.pages.view_models import Head, feed_links
from service.web.site.feed_directory import feed_groups, subscriptions
from service.web.site.feed_page import about_feed


class FeedViews:
    """The pages about feeds, and the list of all feeds as OPML."""

    def __init__(self, dateline: Dateline) -> None:
        self.archive = dateline.archive
        self.site = dateline.site
        self.clock = dateline.clock

    @property
    def addresses(self) -> Addresses:
        return addresses_of(self.site)

    def feeds(self) -> AnyResponse:
        head = Head(
            title="Feeds",
            description=f"Every feed of {self.site.title}.",
            canonical=self.addresses.absolute("/feeds"),
            feeds=feed_links(self.addresses, None),
        )
        groups = feed_groups(self.archive, self.addresses, now=self.clock())
        return render(
            "site/feeds.html",
            head,
            groups=groups,
            site_feeds=feed_links(self.addresses, None),
            formats=list(FORMATS.values()),
            recommended=RECOMMENDED,
        )

    def about_feed(self) -> AnyResponse:
        return self.about(request.args.get("feed", ""))

    def about(self, feed: str) -> AnyResponse:
        """The page for people who open a feed. Not cacheable: feed readers get the feed at the same URL."""
        about = about_feed(feed, self.archive, self.addresses, now=self.clock())
        if about is None:
            return not_found(self.addresses, "There is no feed at this address.")
        head = Head(
            title=f"Feed: {about.title}",
            description=f"How to subscribe to {about.title}.",
            robots="noindex, follow",
            feeds=about.feeds,
        )
        response = render("site/feed.html", head, feed=about, all_feeds=self.addresses.href("/feeds"))
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("Sec-Fetch-Dest")
        return response

    def feeds_opml(self) -> AnyResponse:
        body = opml.write(self.site.title, subscriptions(self.archive, self.addresses))
        return Response(body, content_type=opml.MEDIA_TYPE)
