// Starts `bellhop sandbox --json` and stops it again. Not a test.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Starts the program at `path`; gives its addresses (the line of JSON that it prints) and a way to stop it. */
export async function start(path, args) {
  const child = spawn(path, ["sandbox", "--json", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal ?? code));
  });
  const first = new Promise(resolve => createInterface({ input: child.stdout }).once("line", resolve));
  const line = await Promise.race([first, ended.then(code => Promise.reject(new Error(`it ended: ${code}`)))]);
  const stop = async () => {
    child.kill("SIGTERM");
    return await ended;
  };
  return { urls: JSON.parse(line), stop };
}
