/** Rules and replies of HTTP, which are not read yet: where they would act they are refused. */
import type { CapturePlan } from "../../plan/http.ts";
import type { Rule } from "../../plan/rule.ts";
import { Complaint } from "../text/complaint.ts";
import type { ProxyScope } from "../draft/proxy-scope.ts";
import type { Statement } from "../text/statement.ts";

function refuse({ words }: Statement): never {
  const [keyword, action] = words;
  throw new Complaint(`'${keyword?.text ?? ""} ${action?.text ?? ""}' is not supported`, action ?? keyword ?? null);
}

/** An `http-request`, `http-response` or `http-after-response` line. */
export function parseHttpRule(statement: Statement, _scope: ProxyScope, _captures: CapturePlan[] | null): Rule {
  return refuse(statement);
}

/** A `redirect` line. */
export function parseRedirectRule(statement: Statement, _scope: ProxyScope): Rule {
  return refuse(statement);
}
