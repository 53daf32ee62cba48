"""Files for programs: robots.txt (RFC 9309) and the OpenSearch description."""

from __future__ import annotations

from flask import Response, make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from archive.site import Site
from archive.urls import SEARCH_PATH
from feeds import sitemap
from service.links import Addresses
from service.web.pages.layout import addresses_of
from service.web.site.suggestions import MEDIA_TYPE as SUGGESTIONS
from service.web.site.suggestions import SUGGEST_PATH


class MachineFiles:
    """Files for programs: the OpenSearch description and robots.txt."""

    def __init__(self, site: Site) -> None:
        self.site = site

    @property
    def addresses(self) -> Addresses:
        return addresses_of(self.site)

    def opensearch(self) -> AnyResponse:
        response = make_response(
            render_template(
                "site/opensearch.xml",
                short_name=self.site.title[:16],  # OpenSearch 1.1: at most 16 characters
                search=self.addresses.absolute(SEARCH_PATH),
                suggest=self.addresses.absolute(SUGGEST_PATH),
                suggestions=SUGGESTIONS,
                own=self.addresses.absolute("/opensearch.xml"),
            )
        )
        response.content_type = "application/opensearchdescription+xml; charset=utf-8"
        return response

    def robots(self) -> AnyResponse:
        closed = [self.addresses.href(path) for path in (SEARCH_PATH, "/api/", "/admin/")]
        maps = [self.addresses.absolute(path) for path in (sitemap.INDEX, sitemap.NEWS)]
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), "", *(f"Sitemap: {each}" for each in maps)]
        return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
