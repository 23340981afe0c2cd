import { defaultConfig } from "@moorage/kube-client";
import { Manager } from "@moorage/operator-runtime";
import { websiteController } from "./controller.ts";

const manager = new Manager({ cluster: await defaultConfig({ env: process.env }) });
manager.add(websiteController);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void manager.stop());
await manager.start();
