/** What a state file says of one server. */
export interface SavedServerState {
  readonly backend: string;
  readonly server: string;
  /** A literal address; null when it had none. */
  readonly host: string | null;
  readonly port: number | null;
  readonly isDown: boolean;
  readonly isStopping: boolean;
  readonly isForcedMaint: boolean;
  readonly isForcedDrain: boolean;
  /** The file said `disabled`. */
  readonly isDisabled: boolean;
  readonly userWeight: number;
  readonly initialWeight: number;
  readonly sinceChangeSeconds: number;
  /** TLS was spoken with it; null: the line says nothing of it. */
  readonly usesTls: boolean | null;
  /** Where it and its agent were asked; null: the line says nothing of it. */
  readonly check: { readonly host: string | null; readonly port: number | null };
  readonly agent: { readonly host: string | null; readonly port: number | null };
}
