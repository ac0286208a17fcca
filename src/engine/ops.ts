/**
 * The names of operations, as tfjs and as ONNX have them. Tables of rules are typed by them, so that a name without a
 * rule does not compile, and neither does a rule for a name that does not exist.
 */
import type * as tf from '@tensorflow/tfjs';

/** tfjs exports every kernel's name under that name. */
type TfjsName = { [Name in keyof typeof tf]: (typeof tf)[Name] extends Name ? Name : never }[keyof typeof tf];
type NamedByTfjs<Name extends TfjsName> = Name;

/** The tfjs kernels that a traced program may use: each has a lowering. */
export type KernelName = NamedByTfjs<
  | 'Abs' | 'Ceil' | 'Cos' | 'Erf' | 'Exp' | 'Expm1' | 'Floor' | 'Log' | 'Log1p' | 'Neg' | 'Reciprocal' | 'Relu'
  | 'Round' | 'Rsqrt' | 'Sigmoid' | 'Sign' | 'Sin' | 'Softplus' | 'Sqrt' | 'Square' | 'Step' | 'Tanh'
  | 'Add' | 'AddN' | 'FloorDiv' | 'Maximum' | 'Minimum' | 'Multiply' | 'Pow' | 'RealDiv' | 'SquaredDifference' | 'Sub'
  | 'Equal' | 'Greater' | 'GreaterEqual' | 'Less' | 'LessEqual' | 'LogicalAnd' | 'LogicalNot' | 'LogicalOr' | 'NotEqual'
  | 'Cast' | 'ClipByValue' | 'Fill' | 'Identity' | 'OnesLike' | 'Select' | 'ZerosLike'
  | 'All' | 'Any' | 'ArgMax' | 'ArgMin' | 'Cumsum' | 'LogSoftmax' | 'Max' | 'Mean' | 'Min' | 'Prod' | 'Softmax' | 'Sum'
  | 'Concat' | 'ExpandDims' | 'Pack' | 'PadV2' | 'Reshape' | 'Reverse' | 'Slice' | 'SplitV' | 'Tile'
  | 'Transpose' | 'Unpack'
  | 'GatherV2' | 'OneHot' | 'TopK' | 'UnsortedSegmentSum'
  | 'BatchMatMul' | 'Conv2D' | 'Conv2DBackpropFilter' | 'Conv2DBackpropInput'
>;

/** From one array another of its shape and type. */
export type UnaryOp =
  | 'Abs' | 'Ceil' | 'Cos' | 'Erf' | 'Exp' | 'Floor' | 'Log' | 'Neg' | 'Not' | 'Reciprocal' | 'Relu' | 'Round'
  | 'Sigmoid' | 'Sign' | 'Sin' | 'Sqrt' | 'Tanh';
export type ArithmeticOp = 'Add' | 'Div' | 'Max' | 'Min' | 'Mul' | 'Pow' | 'Sub';
export type ComparisonOp = 'And' | 'Equal' | 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual' | 'Or';
export type ReductionOp = 'ReduceMax' | 'ReduceMean' | 'ReduceMin' | 'ReduceProd' | 'ReduceSum';

/** The ONNX operations that lowerings write, the nodes of a graph: WebAssembly has each, or says that it has not. */
export type OnnxOp =
  | UnaryOp | ArithmeticOp | ComparisonOp | ReductionOp
  | 'Cast' | 'Clip' | 'Where'
  | 'ArgMax' | 'ArgMin' | 'CumSum' | 'LogSoftmax' | 'ReduceSumSquare' | 'SimplifiedLayerNormalization' | 'Softmax'
  | 'Concat' | 'Expand' | 'Pad' | 'Reshape' | 'Slice' | 'Split' | 'Tile' | 'Transpose' | 'Unsqueeze'
  | 'Gather' | 'OneHot' | 'ScatterND' | 'TopK'
  | 'Conv' | 'ConvTranspose' | 'FusedMatMul' | 'Gemm' | 'MatMul';
