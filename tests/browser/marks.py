"""What all browser tests carry: one worker and one event loop, since they share one Chromium."""

import pytest

BROWSER = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]
