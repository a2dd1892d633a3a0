import { connect } from "@tidings/client";
import { describeCases, run } from "./support/everywhere.ts";

describeCases((url, options) => run({ connect }, [url, options]), { name: "Node", isElsewhere: false });
