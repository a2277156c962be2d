package org.hypergrad.bench.peers.dl4j;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.hypergrad.bench.peers.Work;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** The nets of the rows. Names of weights are those of this project's modules. */
final class Nets {
  /** Outputs (0: the classes), kernel, stride and padding of All-CNN-C's convolutions. */
  private static final int[][] ALL_CNN = {
    {96, 3, 1, 1}, {96, 3, 1, 1}, {96, 3, 2, 1},
    {192, 3, 1, 1}, {192, 3, 1, 1}, {192, 3, 2, 1},
    {192, 3, 1, 0}, {192, 1, 1, 0}, {0, 1, 1, 0}
  };

  private static final int BLOCKS = 2;

  private final CNN2DFormat layout;
  private final GraphBuilder graph;

  /** Of each layer with a weight: the values' inputs of an output, and their shape. */
  private final Map<String, long[]> weights = new LinkedHashMap<>();

  /** The layer to which the next is added. */
  private String last = "input";

  private Nets(CNN2DFormat layout) {
    this.layout = layout;
    graph =
        new NeuralNetConfiguration.Builder()
            .updater(momentum())
            .activation(Activation.IDENTITY)
            .graphBuilder()
            .addInputs(last);
  }

  /**
   * DL4J has Nesterov's momentum alone, whose first update is 1 + momentum times the plain one's.
   * With a smaller first rate, that update is the plain one, and the losses around it agree.
   */
  private static Nesterovs momentum() {
    MapSchedule rate =
        new MapSchedule.Builder(ScheduleType.ITERATION)
            .add(0, Work.RATE / (1 + Work.MOMENTUM))
            .add(1, Work.RATE)
            .build();
    return Nesterovs.builder().learningRateSchedule(rate).momentum(Work.MOMENTUM).build();
  }

  static ComputationGraph of(Work work, CNN2DFormat layout) {
    Nets nets = new Nets(layout);
    switch (work.net()) {
      case ALL_CNN -> nets.allCnn(work.classes());
      case MNIST -> nets.mnist();
      case RESNET_18 -> nets.resNet18(work.classes());
    }
    return nets.build(work);
  }

  private ComputationGraph build(Work work) {
    long[] shape = work.shape();
    InputType input =
        work.hasImages()
            ? InputType.convolutional(shape[2], shape[3], shape[1], layout)
            : InputType.feedForward(shape[1]);
    ComputationGraph net =
        new ComputationGraph(graph.setInputTypes(input).setOutputs(last).build());
    net.init();
    weights.forEach(
        (name, sizes) -> {
          long[] of = Arrays.copyOfRange(sizes, 1, sizes.length);
          INDArray values = Nd4j.create(Work.weight(name + ".weight", sizes[0], of), of, 'c');
          net.getLayer(name).getParam("W").assign(values);
        });
    return net;
  }

  private void add(String name, Layer layer) {
    graph.addLayer(name, layer, last);
    last = name;
  }

  private void allCnn(int classes) {
    int inputs = 3;
    for (int i = 1; i <= ALL_CNN.length; i++) {
      int[] c = ALL_CNN[i - 1];
      boolean end = i == ALL_CNN.length;
      int outputs = end ? classes : c[0];
      Activation activation = end ? Activation.IDENTITY : Activation.RELU;
      convolution("conv" + i, inputs, outputs, c[1], c[2], c[3], activation, true);
      inputs = outputs;
    }
    add("mean", new GlobalPoolingLayer.Builder(PoolingType.AVG).build());
    add("loss", new LossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build());
  }

  private void mnist() {
    int inputs = 784;
    for (String name : new String[] {"1", "3", "5"}) {
      add(name, new DenseLayer.Builder().nIn(inputs).nOut(100).activation(Activation.RELU).build());
      weights.put(name, new long[] {inputs, inputs, 100});
      inputs = 100;
    }
    classifier("7", inputs, 10);
  }

  private void classifier(String name, int inputs, int classes) {
    add(
        name,
        new OutputLayer.Builder(LossFunction.MCXENT)
            .nIn(inputs)
            .nOut(classes)
            .activation(Activation.SOFTMAX)
            .build());
    weights.put(name, new long[] {inputs, inputs, classes});
  }

  private void convolution(
      String name,
      int inputs,
      int outputs,
      int k,
      int stride,
      int padding,
      Activation activation,
      boolean biased) {
    add(
        name,
        new ConvolutionLayer.Builder(k, k)
            .nIn(inputs)
            .nOut(outputs)
            .stride(stride, stride)
            .padding(padding, padding)
            .activation(activation)
            .hasBias(biased)
            .dataFormat(layout)
            .build());
    weights.put(name, new long[] {(long) inputs * k * k, outputs, inputs, k, k});
  }

  private void resNet18(int classes) {
    normalised("conv1", 3, 64, 7, 2, Activation.RELU);
    add(
        "pool",
        new SubsamplingLayer.Builder(PoolingType.MAX)
            .kernelSize(3, 3)
            .stride(2, 2)
            .padding(1, 1)
            .dataFormat(layout)
            .build());
    int inputs = 64;
    for (int layer = 0; layer < 4; layer++) {
      int width = 64 << layer;
      for (int block = 0; block < BLOCKS; block++) {
        String name = "layer" + (layer + 1) + "." + block;
        block(name, inputs, width, layer > 0 && block == 0 ? 2 : 1);
        inputs = width;
      }
    }
    add("mean", new GlobalPoolingLayer.Builder(PoolingType.AVG).build());
    classifier("fc", inputs, classes);
  }

  private void block(String name, int inputs, int outputs, int stride) {
    String shortCut = last;
    normalised(name + ".conv1", inputs, outputs, 3, stride, Activation.RELU);
    normalised(name + ".conv2", outputs, outputs, 3, 1, Activation.IDENTITY);
    String difference = last;
    if (inputs != outputs) {
      last = shortCut;
      normalised(name + ".downsample.0", inputs, outputs, 1, stride, Activation.IDENTITY);
      shortCut = last;
    }
    last = name + ".sum";
    graph.addVertex(last, new ElementWiseVertex(ElementWiseVertex.Op.Add), difference, shortCut);
    add(name, new ActivationLayer(Activation.RELU));
  }

  private void normalised(
      String name, int inputs, int outputs, int k, int stride, Activation activation) {
    convolution(name, inputs, outputs, k, stride, k / 2, Activation.IDENTITY, false);
    add(
        name + ".norm",
        new BatchNormalization.Builder()
            .nIn(outputs)
            .nOut(outputs)
            .activation(activation)
            .dataFormat(layout)
            .build());
  }
}
