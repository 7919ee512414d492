// A minimal grammY bot: it answers /help with one card, updates side by side. A peer for `cargo bench --bench doors`.
import { readFileSync } from "node:fs";
import { Bot } from "grammy";
import { run } from "@grammyjs/runner";

const card = readFileSync(process.env.CARD, "utf8");
const bot = new Bot(process.env.TOKEN, { client: { apiRoot: process.env.API } });
bot.command("help", (ctx) =>
  ctx.reply(card, { parse_mode: "HTML", link_preview_options: { is_disabled: true } }),
);
bot.catch((error) => console.error(String(error.error)));
await bot.init();
const runner = run(bot, { runner: { fetch: { timeout: 25 } } });
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => runner.stop());
console.log("ready");
