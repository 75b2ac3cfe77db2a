/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of Paravent hypercalls, in x0 of the caller. Guests see these
 * numbers: append, never renumber. -1 is fixed by SMCCC (Arm DEN 0028,
 * "Unknown Function Identifier"). Guest libraries use the same names.
 */
#pragma once

enum pv_status {
	PV_OK            = 0,
	PV_NOT_SUPPORTED = -1, /* unknown function identifier */
	PV_NO_SUCH       = -2, /* the caller owns no object with this number */
	PV_NOT_ALLOWED   = -3, /* the caller may not do this to that object */
	PV_BAD_ARGUMENT  = -4, /* reserved bits set, size or alignment wrong */
	PV_BUSY          = -5, /* right call, wrong moment: try again */
	PV_FULL          = -6, /* no room; nothing was taken */
	PV_EMPTY         = -7, /* nothing there */
	PV_CORRUPT       = -8, /* the peer's half of a port makes no sense (guest libraries only) */
};
