"""A minimal aiogram bot: it answers /help with one card, updates side by side. A peer for `cargo bench --bench doors`."""

import asyncio
import os
from pathlib import Path

from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.filters import Command
from aiogram.types import Message

CARD = Path(os.environ["CARD"]).read_text()


async def main() -> None:
    session = AiohttpSession(api=TelegramAPIServer.from_base(os.environ["API"]))
    bot = Bot(os.environ["TOKEN"], session=session, default=DefaultBotProperties(parse_mode=ParseMode.HTML))
    dispatcher = Dispatcher()

    @dispatcher.message(Command("help"))
    async def help_card(message: Message) -> None:
        await message.answer(CARD)

    print("ready", flush=True)
    await dispatcher.start_polling(bot)


asyncio.run(main())
