import type { Plugin } from "@moorage/mcp-proxy";

/** Adds a tool and a resource to any server: `"plugins": ["./examples/proxy-plugins/clock.ts"]`. */
export const plugin: Plugin = {
  name: "clock",
  tools: [
    {
      name: "current-time",
      description: "Tells the time in a time zone",
      inputSchema: { type: "object", properties: { timeZone: { type: "string", default: "UTC" } } },
      async call({ arguments: { timeZone = "UTC" } }) {
        const text = new Date().toLocaleString("en-GB", { timeZone: String(timeZone), timeZoneName: "short" });
        return [{ type: "text", text }];
      },
    },
  ],
  resources: [
    {
      uri: "clock://time-zones",
      name: "Time zones",
      mimeType: "application/json",
      read: async () => JSON.stringify(Intl.supportedValuesOf("timeZone")),
    },
  ],
};
