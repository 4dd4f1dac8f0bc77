"""The page server counts every visit once, under the name of its flow."""

from __future__ import annotations

import re
from collections import Counter

from tests.processes.copy import Copy, wait_until
from tests.proxies.flows import BOTH, COUNTED_AS, F5, FLOWS
from tests.proxies.published import BLOG, SHOP
from tests.proxies.stage import Stage
from tests.proxies.visitor import ask

Counted = Counter[tuple[str, str]]
"""Requests by service and flow."""


def counted(page: Copy) -> Counted:
    counts: Counted = Counter()
    for labels, count in re.findall(
        r"^entracte_requests_total{(.*)} (\d+)$",
        page.internal("/metrics").body,
        re.MULTILINE,
    ):
        values = dict(re.findall(r'(\w+)="(.*?)"', labels))
        counts[values["service"], values["flow"]] += int(count)
    return counts


# With both annotations ingress-nginx asks twice for a visit. A page server waits
# for the second time before it counts the first, the oldest first: by the time
# that the shop's are counted, it has decided about the blog's.
def test_a_visit_is_counted_once(stage: Stage, page: Copy) -> None:
    others = [flow for flow in FLOWS if flow != BOTH]
    ports = [stage.port(flow) for flow in (BOTH, *others)]
    before = counted(page)

    for port, host in zip(ports, (BLOG, *(SHOP for _ in others)), strict=True):
        ask(port, host)

    expected = Counter(("shop", COUNTED_AS[flow]) for flow in others if flow != F5)
    # It says for no host, so that no service is known.
    expected |= Counter({("blog", COUNTED_AS[BOTH]): 1, ("", COUNTED_AS[F5]): 1})
    backends = ("shop", "default-backend")
    wait_until(lambda: (counted(page) - before)[backends] == expected[backends])
    assert counted(page) - before == expected
