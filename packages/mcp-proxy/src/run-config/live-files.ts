import { type Certificate, type CertificateFiles, readCertificate } from "../http/certificate.ts";
import type { Log } from "../observability/log.ts";
import { keysIn, readKeyFile } from "./key-file.ts";
import { FileWatch } from "./watch-file.ts";

interface Watched {
  readonly file: string;
  readonly bytes: Buffer;
  readonly reload: (bytes: Buffer) => void;
}

/**
 * Files beside the configuration whose content is in use: keys and certificates, which are renewed while the proxy runs.
 * What is wrong with one at the start is thrown; later it is logged, and what was read last stays in use.
 */
export class LiveFiles {
  readonly #log: Log;
  readonly #watched: Watched[] = [];
  readonly #watches: FileWatch[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** The keys that seal sessions; none where no file is named. `onChange` gets them whenever they change. */
  keys(file: string | undefined, onChange: (keys: readonly string[]) => void): readonly string[] {
    if (file === undefined) return [];
    const { bytes, keys } = readKeyFile(file);
    this.#watched.push({ file, bytes, reload: (changed) => onChange(keysIn(changed, file)) });
    return keys;
  }

  /** The certificate of the port for clients, where one is named. `onChange` gets every new pair that fits together. */
  certificate(
    files: CertificateFiles | undefined,
    onChange: (certificate: Certificate) => void,
  ): Certificate | undefined {
    if (!files) return undefined;
    const certificate = readCertificate(files);
    const reload = () => onChange(readCertificate(files));
    this.#watched.push({ file: files.certFile, bytes: certificate.cert, reload });
    this.#watched.push({ file: files.keyFile, bytes: certificate.key, reload });
    return certificate;
  }

  /** From now on changes are told. */
  watch(): void {
    for (const { file, bytes, reload } of this.#watched) {
      this.#watches.push(new FileWatch(file, bytes, (changed) => this.#reload(file, () => reload(changed))));
    }
  }

  close(): void {
    for (const watch of this.#watches.splice(0)) watch.close();
  }

  #reload(file: string, reload: () => void): void {
    try {
      reload();
      this.#log.info({ file }, "The changed file is in use");
    } catch (error) {
      // Half of a pair may have been written: the other half's change comes here as well.
      const problem = error instanceof Error ? error.message : String(error);
      this.#log.error({ file, problem }, "The changed file cannot be used; what was read last stays in use");
    }
  }
}
