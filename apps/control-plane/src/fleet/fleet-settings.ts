/** Where this control plane is reached. Provided by whoever puts the process together. */
export abstract class FleetSettings {
  /** Of the public listener, like https://control.example:8443. */
  abstract controlUrl(): string;
  /** host:port of the agents' listener, as servers reach it. */
  abstract agentAddress(): string;
}
