/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System registers: access, and the fields EL2 uses, named as in Arm DDI 0487.
 * A register is written whole, from a constant that lists all its bits.
 */
#pragma once

#include "hyp/bits.h"

#define sysreg_read(name)                                                      \
	({                                                                     \
		uint64_t value_;                                               \
		__asm__ volatile("mrs %0, " SYSREG_NAME(name) : "=r"(value_) : : "memory"); \
		value_;                                                        \
	})

#define sysreg_write(name, value)                                              \
	__asm__ volatile("msr " SYSREG_NAME(name) ", %0" : : "r"((uint64_t)(value)) : "memory")

#define SYSREG_NAME(name)  SYSREG_NAME_(name)
#define SYSREG_NAME_(name) #name

#define isb()        __asm__ volatile("isb" : : : "memory")
#define dsb(domain)  __asm__ volatile("dsb " #domain : : : "memory")
#define tlbi(target) __asm__ volatile("tlbi " #target : : : "memory")

/*
 * GICv3 CPU interface, by encoding: the assembler knows the names only with an
 * architecture extension. Arm IHI 0069 "AArch64 System register descriptions"
 */
#define ICC_PMR_EL1     s3_0_c4_c6_0
#define ICC_IAR1_EL1    s3_0_c12_c12_0
#define ICC_EOIR1_EL1   s3_0_c12_c12_1
#define ICC_BPR1_EL1    s3_0_c12_c12_3
#define ICC_CTLR_EL1    s3_0_c12_c12_4
#define ICC_SRE_EL1     s3_0_c12_c12_5
#define ICC_IGRPEN0_EL1 s3_0_c12_c12_6
#define ICC_IGRPEN1_EL1 s3_0_c12_c12_7
#define ICC_AP1R0_EL1   s3_0_c12_c9_0
#define ICC_RPR_EL1     s3_0_c12_c11_3
#define ICC_SGI1R_EL1   s3_0_c12_c11_5
#define ICC_SRE_EL2     s3_4_c12_c9_5
#define ICH_HCR_EL2     s3_4_c12_c11_0
#define ICH_VMCR_EL2    s3_4_c12_c11_7

/* HCR_EL2. Arm DDI 0487 "HCR_EL2, Hypervisor Configuration Register" */
#define HCR_EL2_VM    BIT(0)  /* stage 2 on */
#define HCR_EL2_SWIO  BIT(1)  /* invalidate by set/way also cleans: no neighbour's line is dropped */
#define HCR_EL2_PTW   BIT(2)  /* a guest's table walk into Device memory faults: no bus error for our AT */
#define HCR_EL2_FMO   BIT(3)  /* FIQs to EL2; SGI generation traps, PMR is virtual */
#define HCR_EL2_AMO   BIT(5)  /* SErrors to EL2 */
#define HCR_EL2_TWI   BIT(13) /* WFI traps: EL2 can regain a sleeping CPU */
#define HCR_EL2_TSC   BIT(19) /* SMC traps */
#define HCR_EL2_TIDCP BIT(20) /* implementation defined registers trap */
#define HCR_EL2_TACR  BIT(21) /* ACTLR_EL1 traps */
#define HCR_EL2_RW    BIT(31) /* EL1 is AArch64 */

/* Mode "direct": IMO stays 0, so physical IRQs go straight to EL1. */
#define HCR_EL2_DIRECT                                                         \
	(HCR_EL2_VM | HCR_EL2_SWIO | HCR_EL2_PTW | HCR_EL2_FMO | HCR_EL2_AMO | \
	 HCR_EL2_TWI | HCR_EL2_TSC | HCR_EL2_TIDCP | HCR_EL2_RW)

/* SCTLR. All other bits as their reset values or RES1. */
#define SCTLR_EL1_RESET UINT64_C(0x30d00800) /* RES1 bits; MMU and caches off */
#define SCTLR_EL2_ON    UINT64_C(0x30c5183d) /* RES1 | I | SA | C | A... | M; WXN is left to the tables */

#define MAIR_EL2_VALUE UINT64_C(0x04ff) /* attribute 0: Normal write-back; 1: Device-nGnRE */

/* CPTR_EL2, HCR_EL2.E2H = 0: RES1 bits, no trap of FP, SIMD or trace */
#define CPTR_EL2_OPEN UINT64_C(0x33ff)

#define CNTHCTL_EL2_EL1PCTEN BIT(0)
#define CNTHCTL_EL2_EL1PCEN  BIT(1)

#define VMPIDR_EL2_RES1 BIT(31)
#define MPIDR_AFFINITY  (FIELD(39, 32) | FIELD(23, 0))

#define MDCR_EL2_HPMN FIELD(4, 0)
#define PMCR_EL0_N    FIELD(15, 11)

#define ID_AA64MMFR0_EL1_PARANGE FIELD(3, 0)
#define ID_AA64PFR0_EL1_GIC      FIELD(27, 24)
#define ID_AA64DFR0_EL1_PMUVER   FIELD(11, 8)
#define TCR_EL2_PS               FIELD(18, 16)
#define VTCR_EL2_PS              FIELD(18, 16)
#define CTR_EL0_DMINLINE         FIELD(19, 16)

#define SPSR_M            FIELD(3, 0)
#define SPSR_M_EL0T       UINT64_C(0x0)
#define SPSR_M_EL1T       UINT64_C(0x4)
#define SPSR_M_EL1H       UINT64_C(0x5)
#define SPSR_M_AARCH32    BIT(4)
#define SPSR_DAIF         FIELD(9, 6)
#define SPSR_GUEST_START  (SPSR_DAIF | SPSR_M_EL1H)

#define ESR_EL2_EC      FIELD(31, 26)
#define ESR_EL1_UNKNOWN BIT(25)       /* EC 0 "Unknown reason", IL */
#define HPFAR_EL2_FIPA  FIELD(43, 4)
#define PAR_EL1_F       BIT(0)        /* the translation failed */
#define PAR_EL1_PA      FIELD(51, 12)

#define ICC_SRE_EL2_OPEN (BIT(0) | BIT(1) | BIT(2) | BIT(3)) /* SRE, DFB, DIB, Enable for EL1 */
