/* SPDX-License-Identifier: Apache-2.0 */
/* The syndrome of a trap. Arm DDI 0487 "ESR_EL2, Exception Syndrome Register (EL2)". */
#pragma once

#include "hyp/bits.h"

#define ESR_EC FIELD(31, 26)
#define ESR_IL BIT(25)

#define ESR_EC_UNKNOWN      UINT64_C(0x00)
#define ESR_EC_WFX          UINT64_C(0x01)
#define ESR_EC_HVC64        UINT64_C(0x16)
#define ESR_EC_SMC64        UINT64_C(0x17)
#define ESR_EC_SYSREG       UINT64_C(0x18)
#define ESR_EC_INSTRUCTION  UINT64_C(0x20) /* abort, lower EL */
#define ESR_EC_DATA         UINT64_C(0x24) /* abort, lower EL */
#define ESR_EC_INSTRUCTION_EL2 UINT64_C(0x21) /* aborts of EL2 itself */
#define ESR_EC_DATA_EL2        UINT64_C(0x25)

/* HVC, SMC */
#define ESR_CALL_IMMEDIATE FIELD(15, 0)

/* WFI, WFE */
#define ESR_WFX_TI FIELD(1, 0) /* 0: WFI */

/* MSR, MRS */
#define ESR_SYSREG_NAME    (FIELD(21, 10) | FIELD(4, 1)) /* Op0 Op2 Op1 CRn, CRm */
#define ESR_SYSREG_RT      FIELD(9, 5)
#define ESR_SYSREG_IS_READ BIT(0)

#define ESR_SYSREG(op0, op1, crn, crm, op2)                                        \
	(FIELD_VALUE(FIELD(21, 20), op0) | FIELD_VALUE(FIELD(19, 17), op2) |       \
	 FIELD_VALUE(FIELD(16, 14), op1) | FIELD_VALUE(FIELD(13, 10), crn) |       \
	 FIELD_VALUE(FIELD(4, 1), crm))
#define ESR_ICC_SGI1R_EL1  ESR_SYSREG(3, 0, 12, 11, 5)
#define ESR_ICC_ASGI1R_EL1 ESR_SYSREG(3, 0, 12, 11, 6)
#define ESR_ICC_SGI0R_EL1  ESR_SYSREG(3, 0, 12, 11, 7)

/* Data abort */
#define ESR_DATA_ISV   BIT(24) /* the fields below are valid */
#define ESR_DATA_SAS   FIELD(23, 22) /* log2 of bytes */
#define ESR_DATA_SSE   BIT(21) /* sign extend */
#define ESR_DATA_SRT   FIELD(20, 16)
#define ESR_DATA_SF    BIT(15) /* 64-bit register */
#define ESR_DATA_S1PTW BIT(7)
#define ESR_DATA_WNR   BIT(6)
#define ESR_FSC        FIELD(5, 0)
#define ESR_FSC_TYPE   FIELD(5, 2)
#define ESR_FSC_TYPE_TRANSLATION UINT64_C(1) /* FSC 0b0001xx */
#define ESR_FSC_TYPE_PERMISSION  UINT64_C(3) /* FSC 0b0011xx */
