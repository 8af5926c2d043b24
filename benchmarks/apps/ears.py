"""Army Knife with its ears and nothing behind them: deliveries are stored, and no worker looks at them."""

import threading
import time

import config
from app import create_app
from app.house import House
from app.jobs import FLUSH_EVERY

app = create_app(config.load())
house: House = app.extensions["house"]
house.routing.begin()


def _flush() -> None:
    while True:
        time.sleep(FLUSH_EVERY)
        house.tools.tally.flush()


threading.Thread(target=_flush, daemon=True).start()
