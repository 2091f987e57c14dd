/** What the server renders too stands with the renderers that both have; this is where the agent's look for it. */
export { absolutePath, accountName, guard, guardInteger } from '../../../schemas/rendering/guard.ts';

/** DNS name in lower case. */
export const domainName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** IPv4 or IPv6 address; its exact form is the schema's to check. */
export const address = /^[0-9a-fA-F.:]{2,45}$/;
/** Address with prefix length. */
export const cidr = /^[0-9a-fA-F.:]{2,45}\/[0-9]{1,3}$/;
/** MAC address in lower case. */
export const mac = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
