/** Why what is read of HTTP has no effect in a `mode tcp` section. */
export const httpReason = "it is for mode http";
