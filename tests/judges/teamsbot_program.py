"""A bot made with webexteamsbot, as its README shows it; `teamsbot.py` runs it in the framework's own environment."""

import os

from webexteamsbot import TeamsBot

PORT = int(os.environ["BOT_PORT"])

if __name__ == "__main__":
    bot = TeamsBot(
        "judge",
        teams_bot_token=os.environ["WEBEX_TEAMS_ACCESS_TOKEN"],
        teams_api_url=os.environ["WEBEX_URL"],
        teams_bot_email="armyknife@webex.bot",
        teams_bot_url=f"http://127.0.0.1:{PORT}/",
    )
    bot.run(host="127.0.0.1", port=PORT)
