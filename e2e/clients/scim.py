"""Checks a SCIM server with scim2-tester, which knows nothing of Yardarm; prints one line of JSON for each check.

    SCIM_URL=http://…/scim/v2 SCIM_TOKEN=yd_pat_… python scim.py
"""

from __future__ import annotations

import json
import os

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server


def main() -> None:
    http = Client(
        base_url=os.environ["SCIM_URL"],
        headers={"Authorization": f"Bearer {os.environ['SCIM_TOKEN']}"},
        timeout=60,
    )
    for result in check_server(SyncSCIMClient(http)):
        print(
            json.dumps(
                {
                    "status": result.status.name,
                    "title": result.title,
                    "resource": result.resource_type,
                    "reason": result.reason,
                }
            )
        )


if __name__ == "__main__":
    main()
