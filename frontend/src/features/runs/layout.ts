import { columnOrderingFeature, columnPinningFeature, columnSizingFeature, tableFeatures } from "@tanstack/react-table";

export const ROW_HEIGHT = 53;
export const features = tableFeatures({ columnOrderingFeature, columnPinningFeature, columnSizingFeature });
