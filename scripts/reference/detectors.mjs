/** The detectors that the Python reference has: the original system's. */
export const REFERENCE_DETECTORS = [
  'rfb-320',
  'rfb-320-quant-admm-32',
  'rfb-320-quant-kl-5792',
  'slim-320',
  'slim-320-quant-admm-50',
];

/** The networks that both sides use after any of them. */
export const FURTHER_MODELS = ['mtcnn-onet', 'mobilefacenet'];

export function isQuantised(detector) {
  return detector.includes('-quant-');
}
