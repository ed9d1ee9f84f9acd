/** What proxies in `mode tcp` would say of HTTP, where they meet one in `mode http`. */
import {
  httpBackendDefaults,
  type HttpBackendPlan,
  httpDefaults,
  httpFrontendDefaults,
  type HttpFrontendPlan,
  type HttpProxyPlan,
  httpTimeouts,
} from "../../plan/http.ts";

const plain: HttpProxyPlan = {
  ...httpDefaults,
  requestRules: [],
  responseRules: [],
  afterResponseRules: [],
  redirectRules: [],
  errorPages: {},
  httpTimeouts,
};

export const plainFrontend: HttpFrontendPlan = {
  ...plain,
  ...httpFrontendDefaults,
  monitorFail: [],
  requestCaptures: [],
  responseCaptures: [],
};

export const plainBackend: HttpBackendPlan = { ...plain, ...httpBackendDefaults };
