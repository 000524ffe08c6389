import { Toaster as Base } from "sonner";

import { useTheme } from "@/theme/theme";

export { toast } from "sonner";

export function Toaster() {
  return <Base theme={useTheme()} position="bottom-right" mobileOffset={{ bottom: 76 }} style={{ fontFamily: "inherit" }} closeButton />;
}
