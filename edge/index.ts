import { app } from "./app.ts";

export { Coordinator } from "./coordinator/coordinator.ts";
export { Gate } from "./gate.ts";

export default app;
