import type { ApiObject } from "../store/api-object.ts";
import type { Entry } from "../store/entry.ts";

/** Stored objects in versions that only a webhook can make of them. An entry never changes, so neither do these. */
const forms = new WeakMap<Entry, Map<string, ApiObject>>();

/** The entry in another version, where a webhook has been asked for it. */
export function convertedForm(entry: Entry, apiVersion: string): ApiObject | undefined {
  return forms.get(entry)?.get(apiVersion);
}

/** Keeps what a webhook made of an entry, for as long as anyone holds the entry. */
export function keepForm(entry: Entry, form: ApiObject): void {
  const known = forms.get(entry) ?? new Map<string, ApiObject>();
  forms.set(entry, known.set(form.apiVersion, form));
}
