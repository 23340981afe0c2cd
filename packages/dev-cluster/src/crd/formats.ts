import { isIPv4, isIPv6 } from "node:net";

const dateTime =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})$/;
const duration = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w))*$/;

/** The formats that the API server checks; it ignores any other. */
const checks: Readonly<Record<string, (value: string) => boolean>> = {
  "date-time": (value) => dateTime.test(value) && !Number.isNaN(Date.parse(value.toUpperCase())),
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
  duration: (value) => value === "0" || duration.test(value),
  email: (value) => /^[^@\s]+@[^@\s]+$/.test(value),
  ipv4: isIPv4,
  ipv6: isIPv6,
  uri: (value) => /^[a-zA-Z][a-zA-Z0-9+.-]*:\S*$/.test(value) || value.startsWith("/"),
  uuid: (value) => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(value),
  byte: (value) => /^[A-Za-z0-9+/\r\n]*={0,2}$/.test(value),
  cidr: (value) => {
    const [address = "", bits = ""] = value.split("/");
    return (
      /^\d{1,3}$/.test(bits) && ((isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128))
    );
  },
  hostname: (value) => /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$/.test(value),
};

/** Whether the value breaks the format. */
export function formatFault(format: string, value: string): boolean {
  const check = checks[format];
  return check !== undefined && !check(value);
}
