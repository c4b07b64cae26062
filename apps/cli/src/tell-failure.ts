import { Code, ConnectError } from '@connectrpc/connect';
import { Problem, problems } from '@vinaigrette/problems';

/** How OpenSSL tells that one side refused the other, where no certificate is as bad as a wrong one. */
const REFUSED_BY_TLS = /SSL routines|certificate/;

/** A failure for people at a terminal: code, what happened, what to do. Never a stack trace. */
export function failureText(error: unknown): string {
  if (error instanceof Problem) return `[${error.code}] ${error.message}\nRemedy: ${error.remedy}`;
  if (error instanceof ConnectError) {
    const [said, remedy] = error.rawMessage.split('. Remedy: ');
    if (remedy !== undefined) return `${said}\nRemedy: ${remedy}`;
    if (error.code === Code.Unavailable || error.code === Code.DeadlineExceeded) {
      return `[UPSTREAM_UNAVAILABLE] The service does not answer: ${error.rawMessage}\nRemedy: Start it (npm start), or say where it is: REGISTRY_ADDRESS (host:port), MONITOR_URL`;
    }
    if (REFUSED_BY_TLS.test(error.rawMessage)) {
      return `[UPSTREAM_UNAVAILABLE] The service and this command do not trust each other: ${error.rawMessage}\nRemedy: Correct TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE, or the certificate of the service`;
    }
    return `[INTERNAL] ${error.rawMessage}\nRemedy: ${problems.INTERNAL.remedy}`;
  }
  return error instanceof Error ? error.message : String(error);
}
