/** Images as rows of patches: a convolution whose kernel equals its stride is then one matrix product. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';

/** [N, H, W, C] → [N, H/p, W/p, p·p·C] */
export function toPatches(image: Tensor, patch: number): Tensor {
  const [batch, height, width, channels] = image.shape;
  const [rows, columns] = [height / patch, width / patch];
  const split = tf.reshape(image, [batch, rows, patch, columns, patch * channels]);
  return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4]), [batch, rows, columns, patch * patch * channels]);
}

/** [N, h, w, p·p·C] → [N, h·p, w·p, C] */
export function fromPatches(patches: Tensor, patch: number): Tensor {
  const [batch, rows, columns, width] = patches.shape;
  const channels = width / (patch * patch);
  const split = tf.reshape(patches, [batch, rows, columns, patch, patch * channels]);
  return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4]), [batch, rows * patch, columns * patch, channels]);
}
