import { ADAPTERS } from "./adapters.ts";
import { adapterSuite } from "./suite.ts";

for (const adapter of ADAPTERS) adapterSuite(adapter);
