/** The side of the thread that reckons passwords: one answer a question, in their order. */
import { parentPort, workerData } from "node:worker_threads";
import { openPasswordCheck } from "./passwords.ts";

/** What the thread is started with. `cryptAddress`: where the system's function is; null: nowhere. */
export interface PasswordThreadData {
  readonly cryptAddress: number | null;
}

export interface PasswordQuestion {
  readonly password: string;
  readonly hashed: string;
}

/** Null: it cannot be told. */
export type PasswordAnswer = boolean | null;

/** Whether this thread was started for passwords. */
export function isPasswordThread(): boolean {
  return typeof workerData === "object" && workerData !== null && "cryptAddress" in workerData;
}

/** Answers until whoever started the thread ends it. */
export function tellPasswords(): void {
  const check = openPasswordCheck((workerData as PasswordThreadData).cryptAddress);
  parentPort?.on("message", ({ password, hashed }: PasswordQuestion) => {
    void check
      .then((one): PasswordAnswer => one.isPassword(password, hashed))
      .catch((): PasswordAnswer => null)
      .then((answer) => parentPort?.postMessage(answer));
  });
}
