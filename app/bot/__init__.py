"""The bot: people message it 1:1. Its ear is POST /bot, its voice the bot token."""
