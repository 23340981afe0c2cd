import { Website } from "./website.ts";

process.stdout.write(`${JSON.stringify(Website.crd, undefined, 2)}\n`);
