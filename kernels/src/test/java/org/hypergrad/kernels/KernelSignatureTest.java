package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.hypergrad.kernels.KernelSignature.Kind;
import org.hypergrad.kernels.KernelSignature.Parameter;
import org.junit.jupiter.api.Test;

class KernelSignatureTest {
  static final String PTX =
      """
      .version 7.0
      .target sm_75
      .address_size 64
      // .entry commented(.param .u64 out)
      .visible .entry mixed(
      \t.param .u64 mixed_param_0,
      \t.param .u64 .ptr .global .align 4 mixed_param_1,
      \t.param .align 8 .b8 mixed_param_2[264],
      \t.param .u64 mixed_param_3,
      \t.param .u8 mixed_param_4,
      \t.param .f32 mixed_param_5,
      \t.param .f64 mixed_param_6
      )
      .maxntid 256, 1, 1
      {
      \t.reg .b64 %rd<9>;
      \tld.param.u64 %rd1, [mixed_param_0];
      \tld.param.u64 %rd2, [mixed_param_1];
      \tld.param.u64 %rd3, [mixed_param_3];
      \tcvta.to.global.u64 %rd4, %rd1;
      \tcvta.to.global.u64 %rd5, %rd2;
      \tret;
      }
      .visible .entry none()
      {
      \tret;
      }
      """;

  @Test
  void entriesComeInOrderAndCommentsAreNoEntries() {
    assertEquals(List.of("mixed", "none"), List.copyOf(KernelSignature.parse(PTX).keySet()));
  }

  @Test
  void everyParameterHasItsKindSizeAndAlignedOffset() {
    KernelSignature mixed = KernelSignature.parse(PTX).get("mixed");
    assertEquals(
        List.of(
            new Parameter("mixed_param_0", Kind.POINTER, 0, 8),
            new Parameter("mixed_param_1", Kind.POINTER, 8, 8),
            new Parameter("mixed_param_2", Kind.STRUCT, 16, 264),
            new Parameter("mixed_param_3", Kind.INTEGER, 280, 8),
            new Parameter("mixed_param_4", Kind.INTEGER, 288, 1),
            new Parameter("mixed_param_5", Kind.FLOAT, 292, 4),
            new Parameter("mixed_param_6", Kind.FLOAT, 296, 8)),
        mixed.parameters());
    assertEquals(304, mixed.bytes());
  }

  @Test
  void anEntryWithoutParametersHasNone() {
    assertEquals(List.of(), KernelSignature.parse(PTX).get("none").parameters());
  }

  @Test
  void moreBytesThanTheIsaAllowsAreRefused() {
    Map<String, KernelSignature> most =
        KernelSignature.parse(".entry k(\n.param .align 4 .b8 k_param_0[4352]\n)\n{ret;}");
    assertEquals(4352, most.get("k").bytes());
    CudaException refused =
        assertThrows(
            CudaException.class,
            () -> KernelSignature.parse(".entry k(.param .align 4 .b8 k_param_0[4353]){ret;}"));
    assertTrue(refused.detail().contains("entry k declares 4353 bytes"), refused.detail());
  }

  @Test
  void whatCannotBePassedIsRefusedWithItsText() {
    CudaException refused =
        assertThrows(
            CudaException.class,
            () -> KernelSignature.parse(".entry k(.param .texref k_param_0){ret;}"));
    assertTrue(refused.detail().contains(".texref k_param_0"), refused.detail());
  }
}
