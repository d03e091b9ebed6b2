/* What the printers of results share. */
#ifndef RAMPART_IO_REPORT_TABLE_H
#define RAMPART_IO_REPORT_TABLE_H

#include "rampart/report.h"

/** The table that AUTO means for these results. */
rp_report_table rp_report_table_chosen(const rp_results *results,
                                       rp_report_table table);

#endif
