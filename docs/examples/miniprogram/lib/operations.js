// Made by generate.mjs from openapi/linli.json 0.1.0; do not edit.
module.exports = {
  /** Accept an application (受理) */
  accept_case: { method: "POST", path: "/api/v1/mediation/cases/{id}/accept" },
  /** Accept an order (接单) */
  accept_order: { method: "POST", path: "/api/v1/orders/{id}/accept" },
  /** Accept many orders (批量接单) */
  accept_orders: { method: "POST", path: "/api/v1/orders/batch/accept" },
  /** Make an account a member (添加成员) */
  add_member: { method: "POST", path: "/api/v1/organizations/{id}/members" },
  /** Record an agreement (达成协议) */
  agree_case: { method: "POST", path: "/api/v1/mediation/cases/{id}/agree" },
  /** Answer an opinion at once (当场答复) */
  answer_opinion: { method: "POST", path: "/api/v1/opinions/{id}/answer" },
  /** Appeal against an entry of one's own (积分申诉) */
  appeal_points: { method: "POST", path: "/api/v1/point_entries/{id}/appeal" },
  /** Enter an application for mediation (申请调解) */
  apply_case: { method: "POST", path: "/api/v1/mediation/cases" },
  /** Come to an order for a department (报到) */
  arrive_whistle: { method: "POST", path: "/api/v1/whistles/{id}/arrive" },
  /** Put somebody on duty in a grid (网格任职) */
  assign_duty: { method: "POST", path: "/api/v1/grids/{id}/duties" },
  /** Give households of a campaign to a visitor (分配走访对象) */
  assign_visitor: { method: "POST", path: "/api/v1/visit_campaigns/{id}/assign" },
  /** Begin to mediate (开始调解) */
  begin_case: { method: "POST", path: "/api/v1/mediation/cases/{id}/begin" },
  /** Begin a diary (记民情日记) */
  begin_diary: { method: "POST", path: "/api/v1/diaries" },
  /** Bind one's account to a WeChat user (绑定微信) */
  bind_wechat: { method: "POST", path: "/api/v1/wechat/binding" },
  /** Call departments to an order (吹哨) */
  blow_whistle: { method: "POST", path: "/api/v1/orders/{id}/whistles" },
  /** Book an appointment (预约接待) */
  book_appointment: { method: "POST", path: "/api/v1/reception_sessions/{id}/appointments" },
  /** Buy a token for a program (获取应用令牌) */
  buy_token: { method: "POST", path: "/api/v1/oauth/token", open: true },
  /** Record a call-back (回访) */
  call_back_hotline_order: { method: "POST", path: "/api/v1/hotline_orders/{id}/call_back" },
  /** Cancel an appointment (取消预约) */
  cancel_appointment: { method: "POST", path: "/api/v1/appointments/{id}/cancel" },
  /** Cancel a job (取消任务) */
  cancel_job: { method: "POST", path: "/api/v1/jobs/{id}/cancel" },
  /** Cancel a joint meeting (取消联席会议) */
  cancel_joint_meeting: { method: "POST", path: "/api/v1/joint_meetings/{id}/cancel" },
  /** Cancel an order (撤单) */
  cancel_order: { method: "POST", path: "/api/v1/orders/{id}/cancel" },
  /** Cancel a reception day (取消场次) */
  cancel_reception_session: { method: "POST", path: "/api/v1/reception_sessions/{id}/cancel" },
  /** Carry out an import that was checked (正式导入) */
  carry_out_job: { method: "POST", path: "/api/v1/jobs/{id}/carry_out" },
  /** Check what a party member knows of a household (四知检查) */
  check_household_link: { method: "POST", path: "/api/v1/household_links/{id}/check" },
  /** Claim what is offered or needed (认领) */
  claim_partnership_item: { method: "POST", path: "/api/v1/partnership_items/{id}/claim" },
  /** Claim a post (认领岗位) */
  claim_post: { method: "POST", path: "/api/v1/posts/{id}/claim" },
  /** Close an address (停用地址) */
  close_address: { method: "POST", path: "/api/v1/addresses/{id}/close" },
  /** End an alliance (解散联盟) */
  close_alliance: { method: "POST", path: "/api/v1/alliances/{id}/close" },
  /** Close a case (归档) */
  close_case: { method: "POST", path: "/api/v1/mediation/cases/{id}/close" },
  /** End a checklist (停用检查清单) */
  close_checklist: { method: "POST", path: "/api/v1/checklists/{id}/close" },
  /** Close a diary (办结民情日记) */
  close_diary: { method: "POST", path: "/api/v1/diaries/{id}/close" },
  /** Close a grid (撤销网格) */
  close_grid: { method: "POST", path: "/api/v1/grids/{id}/close" },
  /** Close a household (销户) */
  close_household: { method: "POST", path: "/api/v1/households/{id}/close" },
  /** End a plan for a household (办结一户一策) */
  close_household_plan: { method: "POST", path: "/api/v1/household_plans/{id}/close" },
  /** Close an order (销号) */
  close_order: { method: "POST", path: "/api/v1/orders/{id}/close" },
  /** Close many orders (批量销号) */
  close_orders: { method: "POST", path: "/api/v1/orders/batch/close" },
  /** Close an organization (撤销组织) */
  close_organization: { method: "POST", path: "/api/v1/organizations/{id}/close" },
  /** Close a post (撤销岗位) */
  close_post: { method: "POST", path: "/api/v1/posts/{id}/close" },
  /** End reception days (停止接待日) */
  close_reception: { method: "POST", path: "/api/v1/receptions/{id}/close" },
  /** End a catalogue entry (停用服务事项) */
  close_service_item: { method: "POST", path: "/api/v1/catalogue/items/{code}/close" },
  /** Use a tag no more (停用标签) */
  close_tag: { method: "POST", path: "/api/v1/tags/{id}/close" },
  /** Close a venue (关闭阵地) */
  close_venue: { method: "POST", path: "/api/v1/venues/{id}/close" },
  /** End a visit campaign (结束走访活动) */
  close_visit_campaign: { method: "POST", path: "/api/v1/visit_campaigns/{id}/close" },
  /** Complete an order (办结) */
  complete_order: { method: "POST", path: "/api/v1/orders/{id}/complete" },
  /** Confirm a check-in (确认报到) */
  confirm_check_in: { method: "POST", path: "/api/v1/check_ins/{id}/confirm" },
  /** Count patrols and what was found (巡查统计) */
  count_patrols: { method: "GET", path: "/api/v1/patrols/counts", query: ["region_code","from","until","by","limit","cursor","fields","expand"] },
  /** Count whistles (吹哨统计) */
  count_whistles: { method: "GET", path: "/api/v1/whistles/counts", query: ["region_code","from","until","limit","cursor","fields"] },
  /** Open an account (开立账号) */
  create_account: { method: "POST", path: "/api/v1/accounts" },
  /** Enter an address (登记地址) */
  create_address: { method: "POST", path: "/api/v1/addresses" },
  /** Found an alliance (成立联盟) */
  create_alliance: { method: "POST", path: "/api/v1/alliances" },
  /** Let a program in (应用登记) */
  create_application: { method: "POST", path: "/api/v1/applications" },
  /** Write a checklist (新建检查清单) */
  create_checklist: { method: "POST", path: "/api/v1/checklists" },
  /** Write a template of diaries (新建民情日记模板) */
  create_diary_template: { method: "POST", path: "/api/v1/diary_templates" },
  /** Enter an item in a duty list (登记职责事项) */
  create_duty_item: { method: "POST", path: "/api/v1/duty_items" },
  /** Draw a grid (新建网格) */
  create_grid: { method: "POST", path: "/api/v1/grids" },
  /** Enter a hotline (新增热线对接) */
  create_hotline: { method: "POST", path: "/api/v1/hotlines" },
  /** Enter a household (立户) */
  create_household: { method: "POST", path: "/api/v1/households" },
  /** Link a party member with a household (党员联户) */
  create_household_link: { method: "POST", path: "/api/v1/household_links" },
  /** Make a plan for a household (制定一户一策) */
  create_household_plan: { method: "POST", path: "/api/v1/household_plans" },
  /** Found an organization (新建组织) */
  create_organization: { method: "POST", path: "/api/v1/organizations" },
  /** Link an organization to another (建立组织关系) */
  create_organization_link: { method: "POST", path: "/api/v1/organizations/{id}/links" },
  /** Offer or need something (发布服务清单) */
  create_partnership_item: { method: "POST", path: "/api/v1/partnership_items" },
  /** Set up a post (设岗) */
  create_post: { method: "POST", path: "/api/v1/organizations/{id}/posts" },
  /** Announce reception days (设立接待日) */
  create_reception: { method: "POST", path: "/api/v1/receptions" },
  /** Enter a resident (登记居民) */
  create_resident: { method: "POST", path: "/api/v1/residents" },
  /** Add to the catalogue (新增服务事项) */
  create_service_item: { method: "POST", path: "/api/v1/catalogue/items" },
  /** Enter a tag in the catalogue (新增标签) */
  create_tag: { method: "POST", path: "/api/v1/tags" },
  /** Enter a venue (登记阵地) */
  create_venue: { method: "POST", path: "/api/v1/venues" },
  /** Plan a visit campaign (新建走访活动) */
  create_visit_campaign: { method: "POST", path: "/api/v1/visit_campaigns" },
  /** Enter a webhook endpoint (新增推送地址) */
  create_webhook_endpoint: { method: "POST", path: "/api/v1/webhook_endpoints" },
  /** Approve or refuse an item of an admission list (审批准入事项) */
  decide_admission_item: { method: "POST", path: "/api/v1/admission_items/{id}/decide" },
  /** Decide a request (办理个人信息请求) */
  decide_data_request: { method: "POST", path: "/api/v1/data_requests/{id}/decide" },
  /** Decide an appeal (办理积分申诉) */
  decide_point_appeal: { method: "POST", path: "/api/v1/point_entries/{id}/decide_appeal" },
  /** Decide on what WeChat found fault with (内容审定) */
  decide_wechat_check: { method: "POST", path: "/api/v1/wechat/checks/{id}/decide" },
  /** Decline an assignment (拒单) */
  decline_order: { method: "POST", path: "/api/v1/orders/{id}/decline" },
  /** Decline a snapshot (不采纳随手拍) */
  decline_snapshot: { method: "POST", path: "/api/v1/snapshots/{id}/decline" },
  /** Delete an unused file (删除附件) */
  delete_attachment: { method: "DELETE", path: "/api/v1/attachments/{id}" },
  /** Dispatch an order (派单) */
  dispatch_order: { method: "POST", path: "/api/v1/orders/{id}/dispatch" },
  /** Dispatch many orders (批量派单) */
  dispatch_orders: { method: "POST", path: "/api/v1/orders/batch/dispatch" },
  /** End the agreement on personal data (数据共享协议终止) */
  end_agreement: { method: "DELETE", path: "/api/v1/applications/{id}/agreement" },
  /** End a check-in (结束报到) */
  end_check_in: { method: "POST", path: "/api/v1/check_ins/{id}/end" },
  /** End a duty (结束任职) */
  end_duty: { method: "POST", path: "/api/v1/duties/{id}/end" },
  /** End an item of a duty list (终止职责事项) */
  end_duty_item: { method: "POST", path: "/api/v1/duty_items/{id}/end" },
  /** End a household link (结束联户) */
  end_household_link: { method: "POST", path: "/api/v1/household_links/{id}/end" },
  /** End a membership (终止成员关系) */
  end_membership: { method: "DELETE", path: "/api/v1/memberships/{id}" },
  /** End a link between organizations (终止组织关系) */
  end_organization_link: { method: "DELETE", path: "/api/v1/organization_links/{id}" },
  /** Take a tag from a resident (取消标签) */
  end_resident_tag: { method: "POST", path: "/api/v1/resident_tags/{id}/end" },
  /** Enter points by a rule (积分登记) */
  enter_points: { method: "POST", path: "/api/v1/point_entries" },
  /** Judge an order (评单) */
  evaluate_order: { method: "POST", path: "/api/v1/orders/{id}/evaluate" },
  /** Export a list (导出) */
  export_list: { method: "POST", path: "/api/v1/exports" },
  /** Ask for more time (申请延期) */
  extend_hotline_order: { method: "POST", path: "/api/v1/hotline_orders/{id}/extend" },
  /** End mediation without result (调解不成) */
  fail_case: { method: "POST", path: "/api/v1/mediation/cases/{id}/fail" },
  /** Tell the resident what came of it (办结反馈) */
  feed_opinion_back: { method: "POST", path: "/api/v1/opinions/{id}/feed_back" },
  /** Check in (双报到) */
  file_check_in: { method: "POST", path: "/api/v1/check_ins" },
  /** Find what may have been sent of the same thing (查找相似随手拍) */
  find_similar_snapshots: { method: "GET", path: "/api/v1/snapshots/similar", query: ["region_code","category","lng","lat","datum","limit","fields"] },
  /** End a whistle (结束吹哨) */
  finish_whistle: { method: "POST", path: "/api/v1/whistles/{id}/finish" },
  /** Read one account (查询账号) */
  get_account: { method: "GET", path: "/api/v1/accounts/{id}", query: ["fields"] },
  /** Read one address (查询地址) */
  get_address: { method: "GET", path: "/api/v1/addresses/{id}", query: ["fields","expand"] },
  /** Find the grid of an address (地址所在网格) */
  get_address_grid: { method: "GET", path: "/api/v1/addresses/{id}/grid", query: ["fields","expand"] },
  /** Read an item of an admission list (查询准入事项) */
  get_admission_item: { method: "GET", path: "/api/v1/admission_items/{id}", query: ["fields","expand"] },
  /** Read an alliance (查询联盟) */
  get_alliance: { method: "GET", path: "/api/v1/alliances/{id}", query: ["fields","expand"] },
  /** Add up the figures of alliances (联盟统计) */
  get_alliance_report: { method: "GET", path: "/api/v1/alliances/report", query: ["region_code","alliance_id","fields"] },
  /** Read the calendar of the chair (轮值表) */
  get_alliance_rotation: { method: "GET", path: "/api/v1/alliances/{id}/rotation", query: ["from","months","fields"] },
  /** Read one application (查询应用) */
  get_application: { method: "GET", path: "/api/v1/applications/{id}", query: ["fields","expand"] },
  /** How often an application called (应用调用统计) */
  get_application_usage: { method: "GET", path: "/api/v1/applications/{id}/usage", query: ["from","until","fields"] },
  /** Read an appointment (查询预约) */
  get_appointment: { method: "GET", path: "/api/v1/appointments/{id}", query: ["fields","expand"] },
  /** Get a file's links (查看附件) */
  get_attachment: { method: "GET", path: "/api/v1/attachments/{id}", query: ["fields"] },
  /** Count branches by grid (一个网格一个支部) */
  get_branch_report: { method: "GET", path: "/api/v1/grids/branch-report", query: ["region_code","fields"] },
  /** Read one mediation case (查询调解案件) */
  get_case: { method: "GET", path: "/api/v1/mediation/cases/{id}", query: ["fields","expand"] },
  /** Read a check-in (查询报到) */
  get_check_in: { method: "GET", path: "/api/v1/check_ins/{id}", query: ["fields","expand"] },
  /** Read one checklist (查询检查清单) */
  get_checklist: { method: "GET", path: "/api/v1/checklists/{id}", query: ["fields"] },
  /** Report how grids stand by a checklist (清单检查报表) */
  get_checklist_report: { method: "GET", path: "/api/v1/checklists/{id}/report", query: ["region_code","limit","cursor","fields"] },
  /** Read one run of a checklist (查询清单检查) */
  get_checklist_run: { method: "GET", path: "/api/v1/checklist_runs/{id}", query: ["fields","expand"] },
  /** Read one consent (查询同意记录) */
  get_consent: { method: "GET", path: "/api/v1/consents/{id}", query: ["fields","expand"] },
  /** Read one request (查询个人信息请求) */
  get_data_request: { method: "GET", path: "/api/v1/data_requests/{id}", query: ["fields","expand"] },
  /** Read a diary (查询民情日记) */
  get_diary: { method: "GET", path: "/api/v1/diaries/{id}", query: ["fields","expand"] },
  /** Read a template of diaries (查询民情日记模板) */
  get_diary_template: { method: "GET", path: "/api/v1/diary_templates/{id}", query: ["fields","expand"] },
  /** Count how the posts of grids are filled (任职统计) */
  get_duty_report: { method: "GET", path: "/api/v1/grids/duty-report", query: ["region_code","fields"] },
  /** Fetch a file by its signed link (下载附件) */
  get_file: { method: "GET", path: "/api/v1/files/{id}", query: ["variant","expires","signature"], open: true },
  /** Read a finding (查询巡查发现) */
  get_finding: { method: "GET", path: "/api/v1/findings/{id}", query: ["fields","expand"] },
  /** Read one grid (查询网格) */
  get_grid: { method: "GET", path: "/api/v1/grids/{id}", query: ["fields","expand"] },
  /** Read the public card of a grid (网格公示牌) */
  get_grid_card: { method: "GET", path: "/api/v1/public/grids/{code}/card", query: ["fields"], open: true },
  /** Check how grids cover a community (网格覆盖核查) */
  get_grid_coverage: { method: "GET", path: "/api/v1/regions/{code}/coverage", query: ["fields","expand"] },
  /** Read where a grid came from and what became of it (网格沿革) */
  get_grid_lineage: { method: "GET", path: "/api/v1/grids/{id}/lineage", query: ["fields"] },
  /** Read a hotline (查询热线对接) */
  get_hotline: { method: "GET", path: "/api/v1/hotlines/{id}", query: ["fields","expand"] },
  /** Read a work order (查询热线工单) */
  get_hotline_order: { method: "GET", path: "/api/v1/hotline_orders/{id}", query: ["fields","expand"] },
  /** Read one household (查询户) */
  get_household: { method: "GET", path: "/api/v1/households/{id}", query: ["fields","expand"] },
  /** Read one household link (查询联户) */
  get_household_link: { method: "GET", path: "/api/v1/household_links/{id}", query: ["fields","expand"] },
  /** Read a plan for a household (查询一户一策) */
  get_household_plan: { method: "GET", path: "/api/v1/household_plans/{id}", query: ["fields","expand"] },
  /** Read a job (查询任务) */
  get_job: { method: "GET", path: "/api/v1/jobs/{id}", query: ["fields","expand"] },
  /** Fetch an exported file by its signed link (下载导出文件) */
  get_job_file: { method: "GET", path: "/api/v1/jobs/{id}/file", query: ["expires","signature"], open: true },
  /** Read a joint meeting (查询联席会议) */
  get_joint_meeting: { method: "GET", path: "/api/v1/joint_meetings/{id}", query: ["fields","expand"] },
  /** The public keys of access tokens (公钥) */
  get_jwks: { method: "GET", path: "/.well-known/jwks.json", open: true },
  /** Report how households are divided among party members (联户负荷报表) */
  get_link_report: { method: "GET", path: "/api/v1/household_links/report", query: ["region_code","fields","expand"] },
  /** Is the process alive? (存活检查) */
  get_livez: { method: "GET", path: "/livez", open: true },
  /** Who am I, and what may I do (当前账号)? */
  get_me: { method: "GET", path: "/api/v1/me", query: ["fields"] },
  /** Find the service (服务发现) */
  get_open311_discovery: { method: "GET", path: "/open311/v2/discovery.{format}", open: true },
  /** Read a request (诉求详情) */
  get_open311_request: { method: "GET", path: "/open311/v2/requests/{id}.{format}", open: true },
  /** Read a service's questions (服务定义) */
  get_open311_service: { method: "GET", path: "/open311/v2/services/{code}.{format}", query: ["jurisdiction_id"], open: true },
  /** Ask for the number behind a token (令牌查询) */
  get_open311_token: { method: "GET", path: "/open311/v2/tokens/{id}.{format}", open: true },
  /** This document (接口契约) */
  get_openapi: { method: "GET", path: "/api/v1/openapi.json", open: true },
  /** Read an opinion (查询意见建议) */
  get_opinion: { method: "GET", path: "/api/v1/opinions/{id}", query: ["fields","expand"] },
  /** Read an order (订单详情) */
  get_order: { method: "GET", path: "/api/v1/orders/{id}", query: ["fields","expand"] },
  /** Read one organization (查询组织) */
  get_organization: { method: "GET", path: "/api/v1/organizations/{id}", query: ["fields","expand"] },
  /** Read what is recorded of an organization (查询登记内容) */
  get_organization_profile: { method: "GET", path: "/api/v1/organizations/{id}/profile", query: ["fields","expand"] },
  /** Count organizations (组织统计) */
  get_organization_statistics: { method: "GET", path: "/api/v1/organizations/summary", query: ["region_code","fields","expand"] },
  /** What is held about me (查阅、复制本人数据)? */
  get_own_data: { method: "GET", path: "/api/v1/me/data", query: ["fields"] },
  /** Read what is offered or needed (查询服务清单条目) */
  get_partnership_item: { method: "GET", path: "/api/v1/partnership_items/{id}", query: ["fields","expand"] },
  /** Read a patrol (查询巡查) */
  get_patrol: { method: "GET", path: "/api/v1/patrols/{id}", query: ["fields","expand"] },
  /** Read one pledge (查询承诺) */
  get_pledge: { method: "GET", path: "/api/v1/pledges/{id}", query: ["fields","expand"] },
  /** Read one post (查询岗位) */
  get_post: { method: "GET", path: "/api/v1/posts/{id}", query: ["fields","expand"] },
  /** Can it serve? (就绪检查) */
  get_readyz: { method: "GET", path: "/readyz", open: true },
  /** Read reception days (查询接待日) */
  get_reception: { method: "GET", path: "/api/v1/receptions/{id}", query: ["fields","expand"] },
  /** Read a reception day (查询场次) */
  get_reception_session: { method: "GET", path: "/api/v1/reception_sessions/{id}", query: ["fields","expand"] },
  /** Read one region (查询区划) */
  get_region: { method: "GET", path: "/api/v1/regions/{code}", query: ["fields"] },
  /** Read the boundary of a community (查询社区界线) */
  get_region_boundary: { method: "GET", path: "/api/v1/regions/{code}/boundary", query: ["fields","expand"] },
  /** Read one resident (查询居民) */
  get_resident: { method: "GET", path: "/api/v1/residents/{id}", query: ["fields","expand"] },
  /** Read a catalogue entry (服务事项) */
  get_service_item: { method: "GET", path: "/api/v1/catalogue/items/{code}", query: ["fields","expand"] },
  /** Read the service team of a grid (“1+N”网格服务团队) */
  get_service_team: { method: "GET", path: "/api/v1/grids/{id}/team", query: ["fields"] },
  /** Read a snapshot (查询随手拍) */
  get_snapshot: { method: "GET", path: "/api/v1/snapshots/{id}", query: ["fields","expand"] },
  /** Read one tag of the catalogue (查询标签) */
  get_tag: { method: "GET", path: "/api/v1/tags/{id}", query: ["fields","expand"] },
  /** Read the three leads of a grid (三长) */
  get_three_leads: { method: "GET", path: "/api/v1/grids/{id}/three-leads", query: ["fields"] },
  /** Read one venue (查询阵地) */
  get_venue: { method: "GET", path: "/api/v1/venues/{id}", query: ["fields","expand"] },
  /** Report on circles of service (服务圈覆盖报告) */
  get_venue_circles: { method: "GET", path: "/api/v1/venues/circles", query: ["region_code","kind","brand","service","metres","minutes","fields","expand"] },
  /** Read the map of venues (红色党群地图) */
  get_venue_map: { method: "GET", path: "/api/v1/public/venues.geojson", query: ["region_code","bbox","kind","brand","accessibility","datum"], open: true },
  /** Read a visit (查询走访) */
  get_visit: { method: "GET", path: "/api/v1/visits/{id}", query: ["fields","expand"] },
  /** Read a visit campaign (查询走访活动) */
  get_visit_campaign: { method: "GET", path: "/api/v1/visit_campaigns/{id}", query: ["fields","expand"] },
  /** Read one taker of orders (查询接单人) */
  get_volunteer: { method: "GET", path: "/api/v1/volunteers/{account_id}", query: ["fields","expand"] },
  /** Read a delivery (查询推送) */
  get_webhook_delivery: { method: "GET", path: "/api/v1/webhook_deliveries/{id}", query: ["fields"] },
  /** Read a webhook endpoint (查询推送地址) */
  get_webhook_endpoint: { method: "GET", path: "/api/v1/webhook_endpoints/{id}", query: ["fields","expand"] },
  /** Draw a QR code into the mini-program (小程序码) */
  get_wechat_qr_code: { method: "GET", path: "/api/v1/wechat/qr_code", query: ["region_code","scene","page","width"] },
  /** Read a whistle (查询吹哨) */
  get_whistle: { method: "GET", path: "/api/v1/whistles/{id}", query: ["fields","expand"] },
  /** Agree (同意) */
  give_consent: { method: "POST", path: "/api/v1/me/consents" },
  /** Give an account a role (授权) */
  grant_role: { method: "POST", path: "/api/v1/accounts/{id}/grants" },
  /** Hand an order back (退单) */
  hand_back_order: { method: "POST", path: "/api/v1/orders/{id}/hand_back" },
  /** Draw the boundaries of many grids (批量导入边界) */
  import_boundaries: { method: "POST", path: "/api/v1/grids/boundaries" },
  /** Import a table (导入) */
  import_sheet: { method: "POST", path: "/api/v1/imports", upload: true },
  /** Issue a credential (签发凭据) */
  issue_credential: { method: "POST", path: "/api/v1/applications/{id}/credentials" },
  /** Make an organization a member of an alliance (单位加入联盟) */
  join_alliance: { method: "POST", path: "/api/v1/alliances/{id}/members" },
  /** Judge whether it was fulfilled (履约评价) */
  judge_partnership_item: { method: "POST", path: "/api/v1/partnership_items/{id}/judge" },
  /** Judge or publish a pledge (承诺评定、公示) */
  judge_pledge: { method: "POST", path: "/api/v1/pledges/{id}" },
  /** Judge the other side of a whistle (吹哨互评) */
  judge_whistle: { method: "POST", path: "/api/v1/whistles/{id}/judge" },
  /** End the membership of an organization in an alliance (单位退出联盟) */
  leave_alliance: { method: "POST", path: "/api/v1/alliance_members/{id}/leave" },
  /** Leave the community (离开) */
  leave_resident: { method: "POST", path: "/api/v1/residents/{id}/leave" },
  /** Link a resident to an account (关联账号) */
  link_account: { method: "POST", path: "/api/v1/residents/{id}/link" },
  /** Record another system's number of an order (关联外部编号) */
  link_order: { method: "POST", path: "/api/v1/orders/{id}/external_refs" },
  /** List what an account is a member of (任职情况) */
  list_account_memberships: { method: "GET", path: "/api/v1/accounts/{id}/memberships", query: ["current","limit","cursor","fields","expand"] },
  /** List accounts (账号列表) */
  list_accounts: { method: "GET", path: "/api/v1/accounts", query: ["region_code","role","status","limit","cursor","fields"] },
  /** List addresses (地址列表) */
  list_addresses: { method: "GET", path: "/api/v1/addresses", query: ["region_code","grid_id","parent_id","kind","include_closed","limit","cursor","fields","expand"] },
  /** List admission lists (准入清单列表) */
  list_admission_items: { method: "GET", path: "/api/v1/admission_items", query: ["region_code","department_id","kind","state","updated_after","limit","cursor","fields","expand"] },
  /** List the members of an alliance (成员单位列表) */
  list_alliance_members: { method: "GET", path: "/api/v1/alliances/{id}/members", query: ["include_left","limit","cursor","fields","expand"] },
  /** List alliances (联盟列表) */
  list_alliances: { method: "GET", path: "/api/v1/alliances", query: ["region_code","kind","state","organization_id","updated_after","limit","cursor","fields","expand"] },
  /** List applications (应用列表) */
  list_applications: { method: "GET", path: "/api/v1/applications", query: ["region_code","status","limit","cursor","fields","expand"] },
  /** List appointments (预约列表) */
  list_appointments: { method: "GET", path: "/api/v1/appointments", query: ["session_id","state","mine","region_code","limit","cursor","fields","expand"] },
  /** List mediation cases (调解案件列表) */
  list_cases: { method: "GET", path: "/api/v1/mediation/cases", query: ["region_code","state","kind","limit","cursor","fields","expand"] },
  /** List check-ins (报到列表) */
  list_check_ins: { method: "GET", path: "/api/v1/check_ins", query: ["region_code","organization_id","kind","state","mine","updated_after","limit","cursor","fields","expand"] },
  /** List runs of checklists (清单检查列表) */
  list_checklist_runs: { method: "GET", path: "/api/v1/checklist_runs", query: ["region_code","grid_id","checklist_id","limit","cursor","fields","expand"] },
  /** List checklists (检查清单列表) */
  list_checklists: { method: "GET", path: "/api/v1/checklists", query: ["region_code","limit","cursor","fields","expand"] },
  /** List the consents of a resident (同意记录) */
  list_consents: { method: "GET", path: "/api/v1/residents/{id}/consents", query: ["include_withdrawn","limit","cursor","fields","expand"] },
  /** List the credentials of an application (凭据列表) */
  list_credentials: { method: "GET", path: "/api/v1/applications/{id}/credentials", query: ["limit","cursor","fields"] },
  /** List requests about people's data (个人信息请求列表) */
  list_data_requests: { method: "GET", path: "/api/v1/data_requests", query: ["region_code","state","limit","cursor","fields","expand"] },
  /** List diaries (民情日记列表) */
  list_diaries: { method: "GET", path: "/api/v1/diaries", query: ["region_code","grid_id","author_id","closed","limit","cursor","fields","expand"] },
  /** List templates of diaries (民情日记模板列表) */
  list_diary_templates: { method: "GET", path: "/api/v1/diary_templates", query: ["region_code","limit","cursor","fields","expand"] },
  /** List double duties (一人多格清单) */
  list_double_duties: { method: "GET", path: "/api/v1/duties/double", query: ["region_code","role","limit","cursor","fields"] },
  /** List households that are due for a visit (到期走访户) */
  list_due_visits: { method: "GET", path: "/api/v1/visits/due", query: ["region_code","grid_id","due_by","limit","cursor","fields"] },
  /** List the duties in a grid (任职列表) */
  list_duties: { method: "GET", path: "/api/v1/grids/{id}/duties", query: ["role","include_ended","limit","cursor","fields","expand"] },
  /** List duty lists (职责清单列表) */
  list_duty_items: { method: "GET", path: "/api/v1/duty_items", query: ["region_code","department_id","nature","in_force","updated_after","limit","cursor","fields","expand"] },
  /** List the types of events (事件目录) */
  list_event_types: { method: "GET", path: "/api/v1/event_types", query: ["fields"], open: true },
  /** Read the change feed (事件流) */
  list_events: { method: "GET", path: "/api/v1/events", query: ["type","region_code","limit","cursor","wait","fields","expand"] },
  /** List findings (巡查发现列表) */
  list_findings: { method: "GET", path: "/api/v1/findings", query: ["region_code","grid_id","patrol_id","kind","recorded_by","updated_after","limit","cursor","fields","expand"] },
  /** List which neighbourhoods lack what (五个一核查) */
  list_five_ones: { method: "GET", path: "/api/v1/organizations/five_ones", query: ["region_code","limit","cursor","fields","expand"] },
  /** List the grants of an account (授权列表) */
  list_grants: { method: "GET", path: "/api/v1/accounts/{id}/grants", query: ["limit","cursor","fields","expand"] },
  /** List grids (网格列表) */
  list_grids: { method: "GET", path: "/api/v1/grids", query: ["region_code","kind","parent_id","include_closed","limit","cursor","fields","expand"] },
  /** List a hotline's mappings (热线分类对照列表) */
  list_hotline_categories: { method: "GET", path: "/api/v1/hotlines/{id}/categories", query: ["region_code","limit","cursor","fields","expand"] },
  /** List what a hotline was told (回传记录) */
  list_hotline_messages: { method: "GET", path: "/api/v1/hotlines/{id}/messages", query: ["state","hotline_order_id","limit","cursor","fields"] },
  /** List work orders (热线工单列表) */
  list_hotline_orders: { method: "GET", path: "/api/v1/hotline_orders", query: ["region_code","hotline_id","external_number","open","limit","cursor","fields","expand"] },
  /** List the three rates of hotlines (三率) */
  list_hotline_rates: { method: "GET", path: "/api/v1/hotline_rates", query: ["region_code","from_month","until_month","limit","cursor","fields","expand"] },
  /** List hotlines (热线对接列表) */
  list_hotlines: { method: "GET", path: "/api/v1/hotlines", query: ["region_code","state","limit","cursor","fields","expand"] },
  /** List household links (联户列表) */
  list_household_links: { method: "GET", path: "/api/v1/household_links", query: ["region_code","member_id","household_id","include_ended","updated_after","limit","cursor","fields","expand"] },
  /** List who belongs to a household (户成员) */
  list_household_members: { method: "GET", path: "/api/v1/households/{id}/members", query: ["include_past","limit","cursor","fields"] },
  /** List what is known of a household (民情档案) */
  list_household_notes: { method: "GET", path: "/api/v1/households/{id}/notes", query: ["limit","cursor","fields"] },
  /** List plans for households (一户一策列表) */
  list_household_plans: { method: "GET", path: "/api/v1/household_plans", query: ["region_code","grid_id","household_id","state","review_until","updated_after","limit","cursor","fields","expand"] },
  /** List households (户列表) */
  list_households: { method: "GET", path: "/api/v1/households", query: ["region_code","grid_id","estate_id","building_id","address_id","include_closed","limit","cursor","fields","expand"] },
  /** List the columns of a file to import (导入列) */
  list_import_columns: { method: "GET", path: "/api/v1/import_columns", query: ["subject","fields"] },
  /** List what is wrong with a file (错误明细) */
  list_job_errors: { method: "GET", path: "/api/v1/jobs/{id}/errors", query: ["limit","cursor","fields"] },
  /** List one's jobs (任务列表) */
  list_jobs: { method: "GET", path: "/api/v1/jobs", query: ["kind","state","limit","cursor","fields","expand"] },
  /** List joint meetings (联席会议列表) */
  list_joint_meetings: { method: "GET", path: "/api/v1/joint_meetings", query: ["region_code","alliance_id","kind","state","updated_after","limit","cursor","fields","expand"] },
  /** List the members of an organization (成员列表) */
  list_members: { method: "GET", path: "/api/v1/organizations/{id}/members", query: ["limit","cursor","fields","expand"] },
  /** Find venues near a point (附近阵地) */
  list_nearby_venues: { method: "GET", path: "/api/v1/public/venues/nearby", query: ["lng","lat","datum","metres","minutes","kind","brand","service","accessibility","open_now","limit","fields"], open: true },
  /** List requests (诉求列表) */
  list_open311_requests: { method: "GET", path: "/open311/v2/requests.{format}", query: ["jurisdiction_id","service_request_id","service_code","start_date","end_date","status","updated_after","updated_before","page","page_size"], open: true },
  /** List services (服务列表) */
  list_open311_services: { method: "GET", path: "/open311/v2/services.{format}", query: ["jurisdiction_id"], open: true },
  /** List updates (进展列表) */
  list_open311_updates: { method: "GET", path: "/open311/v2/servicerequestupdates.{format}", query: ["jurisdiction_id","service_request_id","start_date","end_date","page","page_size"], open: true },
  /** List opinions (意见建议列表) */
  list_opinions: { method: "GET", path: "/api/v1/opinions", query: ["region_code","grid_id","state","source_id","household_id","recorded_by","limit","cursor","fields","expand"] },
  /** List the files of an order with links (订单附件) */
  list_order_attachments: { method: "GET", path: "/api/v1/orders/{id}/attachments", query: ["fields"] },
  /** List who could take an order (派单候选) */
  list_order_candidates: { method: "GET", path: "/api/v1/orders/{id}/candidates", query: ["skill","limit","fields"] },
  /** Read an order's timeline (办理进度) */
  list_order_events: { method: "GET", path: "/api/v1/orders/{id}/events", query: ["limit","cursor","fields","expand"] },
  /** List an order's followers (关注人) */
  list_order_followers: { method: "GET", path: "/api/v1/orders/{id}/followers", query: ["fields"] },
  /** List orders (订单列表) */
  list_orders: { method: "GET", path: "/api/v1/orders", query: ["view","state","region_code","grid_id","item_id","taker_id","requester_id","overdue","number","external_number","external_system","created_after","created_before","updated_after","limit","cursor","fields","expand"] },
  /** List the links of an organization (组织关系列表) */
  list_organization_links: { method: "GET", path: "/api/v1/organizations/{id}/links", query: ["direction","kind","include_ended","limit","cursor","fields"] },
  /** List organizations (组织列表) */
  list_organizations: { method: "GET", path: "/api/v1/organizations", query: ["region_code","kind","parent_id","limit","cursor","fields","expand"] },
  /** List one's own consents (我的同意) */
  list_own_consents: { method: "GET", path: "/api/v1/me/consents", query: ["include_withdrawn","limit","cursor","fields","expand"] },
  /** List one's own requests (我的个人信息请求) */
  list_own_data_requests: { method: "GET", path: "/api/v1/me/data/requests", query: ["limit","cursor","fields","expand"] },
  /** List what I am a member of (我的任职情况) */
  list_own_memberships: { method: "GET", path: "/api/v1/me/memberships", query: ["current","limit","cursor","fields","expand"] },
  /** List one's own points (我的积分) */
  list_own_points: { method: "GET", path: "/api/v1/me/points", query: ["limit","cursor","fields","expand"] },
  /** How the members of a workplace take part (双报到参与情况) */
  list_participation: { method: "GET", path: "/api/v1/organizations/{id}/participation", query: ["limit","cursor","fields","expand"] },
  /** List what is offered and needed (双向服务清单) */
  list_partnership_items: { method: "GET", path: "/api/v1/partnership_items", query: ["region_code","alliance_id","organization_id","claimant_id","side","kind","state","updated_after","limit","cursor","fields","expand"] },
  /** List patrols (巡查列表) */
  list_patrols: { method: "GET", path: "/api/v1/patrols", query: ["region_code","grid_id","kind","recorded_by","limit","cursor","fields","expand"] },
  /** List pledges (承诺列表) */
  list_pledges: { method: "GET", path: "/api/v1/pledges", query: ["region_code","organization_id","state","limit","cursor","fields","expand"] },
  /** List entries of points (积分流水列表) */
  list_point_entries: { method: "GET", path: "/api/v1/point_entries", query: ["region_code","organization_id","account_id","year","updated_after","limit","cursor","fields","expand"] },
  /** List rules of points (积分规则列表) */
  list_point_rules: { method: "GET", path: "/api/v1/point_rules", query: ["region_code","code","limit","cursor","fields","expand"] },
  /** List who has how many points (积分排名) */
  list_point_standings: { method: "GET", path: "/api/v1/point_standings", query: ["region_code","organization_id","year","limit","cursor","fields"] },
  /** List policies (规则) */
  list_policies: { method: "GET", path: "/api/v1/policies", query: ["kind","region_code","limit","cursor","fields","expand"] },
  /** List posts (岗位列表) */
  list_posts: { method: "GET", path: "/api/v1/posts", query: ["region_code","organization_id","kind","held","limit","cursor","fields","expand"] },
  /** List what was published (好风景列表) */
  list_praises: { method: "GET", path: "/api/v1/public/praises", query: ["region_code","limit","cursor","fields"], open: true },
  /** List published pledges (承诺公示) */
  list_public_pledges: { method: "GET", path: "/api/v1/public/pledges", query: ["region_code","limit","cursor","fields"], open: true },
  /** List reception days by date (场次列表) */
  list_reception_sessions: { method: "GET", path: "/api/v1/reception_sessions", query: ["reception_id","region_code","from","until","limit","cursor","fields","expand"] },
  /** List reception days by their rule (接待日列表) */
  list_receptions: { method: "GET", path: "/api/v1/receptions", query: ["region_code","include_closed","limit","cursor","fields","expand"] },
  /** List regions (区划列表) */
  list_regions: { method: "GET", path: "/api/v1/regions", query: ["parent","level","include_closed","limit","cursor","fields"] },
  /** List the tags of a resident (居民标签) */
  list_resident_tags: { method: "GET", path: "/api/v1/residents/{id}/tags", query: ["include_past","limit","cursor","fields"] },
  /** List residents (居民列表) */
  list_residents: { method: "GET", path: "/api/v1/residents", query: ["region_code","grid_id","building_id","household_id","residence","tag_id","include_left","limit","cursor","fields","expand"] },
  /** List the catalogue (服务清单) */
  list_service_items: { method: "GET", path: "/api/v1/catalogue/items", query: ["region_code","parent_code","level","limit","cursor","fields","expand"] },
  /** List snapshots (随手拍列表) */
  list_snapshots: { method: "GET", path: "/api/v1/snapshots", query: ["mine","region_code","grid_id","state","tone","updated_after","limit","cursor","fields","expand"] },
  /** List what stands beneath an organization (下级组织) */
  list_subtree: { method: "GET", path: "/api/v1/organizations/{id}/subtree", query: ["kind","status","limit","cursor","fields","expand"] },
  /** List the tags that there are (标签目录) */
  list_tags: { method: "GET", path: "/api/v1/tags", query: ["region_code","class","limit","cursor","fields","expand"] },
  /** List grids of unusual size (网格规模核查) */
  list_unusual_grids: { method: "GET", path: "/api/v1/grids/unusual", query: ["region_code","limit","cursor","fields","expand"] },
  /** List vacancies (空缺清单) */
  list_vacancies: { method: "GET", path: "/api/v1/grids/vacancies", query: ["region_code","role","limit","cursor","fields","expand"] },
  /** List venues (阵地列表) */
  list_venues: { method: "GET", path: "/api/v1/venues", query: ["region_code","grid_id","organization_id","kind","brand","service","feature","accessibility","open_now","open_at","include_closed","limit","cursor","fields","expand"] },
  /** List visit campaigns (走访活动列表) */
  list_visit_campaigns: { method: "GET", path: "/api/v1/visit_campaigns", query: ["region_code","state","limit","cursor","fields","expand"] },
  /** Add up the coverage of a campaign (走访覆盖统计) */
  list_visit_coverage: { method: "GET", path: "/api/v1/visit_campaigns/{id}/coverage", query: ["by","region_code","limit","cursor","fields","expand"] },
  /** List the households of a campaign (走访对象列表) */
  list_visit_targets: { method: "GET", path: "/api/v1/visit_campaigns/{id}/targets", query: ["waiting","mine","visitor_id","region_code","grid_id","revisit_until","limit","cursor","fields","expand"] },
  /** List visits (走访列表) */
  list_visits: { method: "GET", path: "/api/v1/visits", query: ["region_code","grid_id","household_id","campaign_id","visitor_id","result","updated_after","limit","cursor","fields","expand"] },
  /** List the takers of orders (接单人名册) */
  list_volunteers: { method: "GET", path: "/api/v1/volunteers", query: ["region_code","kind","skill","available","limit","cursor","fields","expand"] },
  /** List the attempts at a delivery (推送尝试) */
  list_webhook_attempts: { method: "GET", path: "/api/v1/webhook_deliveries/{id}/attempts", query: ["limit","cursor","fields"] },
  /** List what an endpoint has been told (推送记录) */
  list_webhook_deliveries: { method: "GET", path: "/api/v1/webhook_endpoints/{id}/deliveries", query: ["state","limit","cursor","fields"] },
  /** List webhook endpoints (推送地址列表) */
  list_webhook_endpoints: { method: "GET", path: "/api/v1/webhook_endpoints", query: ["region_code","state","limit","cursor","fields","expand"] },
  /** List content checks (内容检测列表) */
  list_wechat_checks: { method: "GET", path: "/api/v1/wechat/checks", query: ["region_code","state","limit","cursor","fields","expand"] },
  /** List subscribe messages (订阅消息列表) */
  list_wechat_messages: { method: "GET", path: "/api/v1/wechat/messages", query: ["region_code","state","limit","cursor","fields","expand"] },
  /** List the messages that one can agree to (可订阅消息) */
  list_wechat_subscriptions: { method: "GET", path: "/api/v1/wechat/subscriptions", query: ["fields"] },
  /** List what subscribe messages say (订阅消息设置) */
  list_wechat_templates: { method: "GET", path: "/api/v1/wechat/templates", query: ["region_code","limit","cursor","fields","expand"] },
  /** List whistles (吹哨列表) */
  list_whistles: { method: "GET", path: "/api/v1/whistles", query: ["region_code","department_id","order_id","state","updated_after","limit","cursor","fields","expand"] },
  /** Find the grid of a point (定位网格) */
  locate_grid: { method: "GET", path: "/api/v1/grids/locate", query: ["lng","lat","datum","region_code","fields","expand"] },
  /** Look for a resident by phone or ID number (精确查找) */
  look_up_resident: { method: "POST", path: "/api/v1/residents/lookup" },
  /** Ask for my data to be corrected or deleted (更正、删除请求) */
  make_data_request: { method: "POST", path: "/api/v1/me/data/requests" },
  /** Pledge something (作出承诺) */
  make_pledge: { method: "POST", path: "/api/v1/organizations/{id}/pledges" },
  /** Merge grids (合并网格) */
  merge_grids: { method: "POST", path: "/api/v1/grids/merge" },
  /** Merge a duplicate (并单) */
  merge_order: { method: "POST", path: "/api/v1/orders/{id}/merge" },
  /** Join a household (迁入) */
  move_in: { method: "POST", path: "/api/v1/residents/{id}/move_in" },
  /** Leave a household (迁出) */
  move_out: { method: "POST", path: "/api/v1/residents/{id}/move_out" },
  /** Make an order of an opinion (意见转订单) */
  order_opinion: { method: "POST", path: "/api/v1/opinions/{id}/order" },
  /** Make an order of a snapshot (随手拍转订单) */
  order_snapshot: { method: "POST", path: "/api/v1/snapshots/{id}/order" },
  /** Pause a webhook endpoint (暂停推送) */
  pause_webhook_endpoint: { method: "POST", path: "/api/v1/webhook_endpoints/{id}/pause" },
  /** Place an order (点单) */
  place_order: { method: "POST", path: "/api/v1/orders" },
  /** Place many orders (批量点单) */
  place_orders: { method: "POST", path: "/api/v1/orders/batch" },
  /** Plan a joint meeting (召集联席会议) */
  plan_joint_meeting: { method: "POST", path: "/api/v1/alliances/{id}/meetings" },
  /** Plan further reception days (续排场次) */
  plan_reception: { method: "POST", path: "/api/v1/receptions/{id}/plan" },
  /** Say how a checked-in member takes part (社区评语) */
  praise_check_in: { method: "POST", path: "/api/v1/check_ins/{id}/praise" },
  /** Propose an item for an admission list (申报准入事项) */
  propose_admission_item: { method: "POST", path: "/api/v1/admission_items" },
  /** Publish a snapshot (发布好风景) */
  publish_snapshot: { method: "POST", path: "/api/v1/snapshots/{id}/publish" },
  /** Push a work order (推送热线工单) */
  push_hotline_order: { method: "POST", path: "/api/v1/hotline_orders" },
  /** Take what WeChat tells by itself (消息推送) */
  receive_wechat_push: { method: "POST", path: "/api/v1/wechat/push", query: ["signature","timestamp","nonce","echostr","openid","encrypt_type","msg_signature"], open: true },
  /** Reconcile with a hotline (对账) */
  reconcile_hotline: { method: "GET", path: "/api/v1/hotlines/{id}/reconciliation", query: ["include_settled","limit","cursor","fields"] },
  /** Record an agreement on personal data (数据共享协议登记) */
  record_agreement: { method: "POST", path: "/api/v1/applications/{id}/agreement" },
  /** Record who came (登记到访) */
  record_attendance: { method: "POST", path: "/api/v1/appointments/{id}/attendance" },
  /** Record that a resident agreed (登记同意) */
  record_consent: { method: "POST", path: "/api/v1/residents/{id}/consents" },
  /** Write a step of a diary (记录步骤) */
  record_diary_step: { method: "POST", path: "/api/v1/diaries/{id}/steps" },
  /** Record what was found (登记巡查发现) */
  record_finding: { method: "POST", path: "/api/v1/findings" },
  /** Record a joint meeting (登记联席会议) */
  record_joint_meeting: { method: "POST", path: "/api/v1/joint_meetings/{id}/record" },
  /** Record an opinion (记录意见建议) */
  record_opinion: { method: "POST", path: "/api/v1/opinions" },
  /** Record a patrol (登记巡查) */
  record_patrol: { method: "POST", path: "/api/v1/patrols" },
  /** Record whether the agreement was performed (履行回访) */
  record_performance: { method: "POST", path: "/api/v1/mediation/cases/{id}/record_performance" },
  /** Record progress (记录进度) */
  record_progress: { method: "POST", path: "/api/v1/orders/{id}/progress" },
  /** Record a visit (登记走访) */
  record_visit: { method: "POST", path: "/api/v1/visits" },
  /** Record what the user agreed to (记录订阅结果) */
  record_wechat_subscriptions: { method: "POST", path: "/api/v1/wechat/subscriptions" },
  /** Tell a hotline once more (重新回传) */
  redeliver_hotline_message: { method: "POST", path: "/api/v1/hotline_messages/{id}/redeliver" },
  /** Tell a hotline once more of all that failed (全部重新回传) */
  redeliver_hotline_messages: { method: "POST", path: "/api/v1/hotlines/{id}/redeliver" },
  /** Deliver once more (重新推送) */
  redeliver_webhook: { method: "POST", path: "/api/v1/webhook_deliveries/{id}/redeliver" },
  /** Get the next pair of tokens (刷新令牌) */
  refresh_session: { method: "POST", path: "/api/v1/sessions/refresh", open: true },
  /** Refuse an application (不予受理) */
  refuse_case: { method: "POST", path: "/api/v1/mediation/cases/{id}/refuse" },
  /** Register a taker of orders (登记接单人) */
  register_volunteer: { method: "POST", path: "/api/v1/volunteers" },
  /** Refuse an order (不予受理) */
  reject_order: { method: "POST", path: "/api/v1/orders/{id}/reject" },
  /** Leave a post (退出岗位) */
  release_post: { method: "POST", path: "/api/v1/posts/{id}/release" },
  /** Remove a hotline (删除热线对接) */
  remove_hotline: { method: "DELETE", path: "/api/v1/hotlines/{id}" },
  /** Remove a webhook endpoint (删除推送地址) */
  remove_webhook_endpoint: { method: "DELETE", path: "/api/v1/webhook_endpoints/{id}" },
  /** Tell an endpoint of a range of events once more (重放推送) */
  replay_webhook_events: { method: "POST", path: "/api/v1/webhook_endpoints/{id}/replay" },
  /** Resume a suspended application (恢复应用) */
  resume_application: { method: "POST", path: "/api/v1/applications/{id}/resume" },
  /** Resume an order (恢复) */
  resume_order: { method: "POST", path: "/api/v1/orders/{id}/resume" },
  /** Resume a webhook endpoint (恢复推送) */
  resume_webhook_endpoint: { method: "POST", path: "/api/v1/webhook_endpoints/{id}/resume" },
  /** Send a failed message once more (重发订阅消息) */
  retry_wechat_message: { method: "POST", path: "/api/v1/wechat/messages/{id}/retry" },
  /** Look at a work order as it came (查看原始工单) */
  reveal_hotline_order: { method: "POST", path: "/api/v1/hotline_orders/{id}/reveal" },
  /** Show personal fields in full (查看明文) */
  reveal_resident: { method: "POST", path: "/api/v1/residents/{id}/reveal" },
  /** Review a plan for a household (评估一户一策) */
  review_household_plan: { method: "POST", path: "/api/v1/household_plans/{id}/review" },
  /** Revoke an application (注销应用) */
  revoke_application: { method: "POST", path: "/api/v1/applications/{id}/revoke" },
  /** Revoke a credential (吊销凭据) */
  revoke_credential: { method: "DELETE", path: "/api/v1/credentials/{id}" },
  /** Take a role back (撤销授权) */
  revoke_grant: { method: "DELETE", path: "/api/v1/grants/{id}" },
  /** Have a work order done again (二次办理) */
  rework_hotline_order: { method: "POST", path: "/api/v1/hotline_orders/{id}/rework" },
  /** Have an order done again (重办) */
  rework_order: { method: "POST", path: "/api/v1/orders/{id}/rework" },
  /** Give a credential a successor (轮换凭据) */
  rotate_credential: { method: "POST", path: "/api/v1/credentials/{id}/rotate" },
  /** Give a webhook endpoint a new secret (更换密钥) */
  rotate_webhook_secret: { method: "POST", path: "/api/v1/webhook_endpoints/{id}/rotate_secret" },
  /** Hold a grid against a checklist (清单检查) */
  run_checklist: { method: "POST", path: "/api/v1/grids/{id}/checklist_runs" },
  /** Send a snapshot (随手拍上报) */
  send_snapshot: { method: "POST", path: "/api/v1/snapshots" },
  /** Map a hotline's categories (热线分类对照) */
  set_hotline_categories: { method: "POST", path: "/api/v1/hotlines/{id}/categories" },
  /** Record what an organization has (登记五个一、自管会) */
  set_organization_profile: { method: "POST", path: "/api/v1/organizations/{id}/profile" },
  /** Set a rule of points (设定积分规则) */
  set_point_rule: { method: "POST", path: "/api/v1/point_rules" },
  /** Set a policy (设定规则) */
  set_policy: { method: "POST", path: "/api/v1/policies" },
  /** Draw the boundary of a community (划定社区界线) */
  set_region_boundary: { method: "POST", path: "/api/v1/regions/{code}/boundary" },
  /** Make the first administrator (系统初始化) */
  set_up: { method: "POST", path: "/api/v1/setup", open: true },
  /** Set how often a household is visited (设定走访类别) */
  set_visit_class: { method: "POST", path: "/api/v1/households/{id}/visit_class" },
  /** Say what a subscribe message tells whom (设置订阅消息) */
  set_wechat_template: { method: "POST", path: "/api/v1/wechat/templates" },
  /** Settle a year (积分年度结算) */
  settle_points: { method: "POST", path: "/api/v1/point_settlements" },
  /** Sign in (登录) */
  sign_in: { method: "POST", path: "/api/v1/sessions", open: true },
  /** Sign in from a mini-program (微信登录) */
  sign_in_by_wechat: { method: "POST", path: "/api/v1/wechat/sessions", open: true },
  /** Sign out (退出登录) */
  sign_out: { method: "DELETE", path: "/api/v1/sessions/current" },
  /** Sign for one side (签约) */
  sign_partnership_item: { method: "POST", path: "/api/v1/partnership_items/{id}/sign" },
  /** Split a grid (拆分网格) */
  split_grid: { method: "POST", path: "/api/v1/grids/{id}/split" },
  /** Begin the work (开始办理) */
  start_order: { method: "POST", path: "/api/v1/orders/{id}/start" },
  /** Record that performance has begun (开始履行) */
  start_performance: { method: "POST", path: "/api/v1/mediation/cases/{id}/start_performance" },
  /** Start a visit campaign (启动走访活动) */
  start_visit_campaign: { method: "POST", path: "/api/v1/visit_campaigns/{id}/start" },
  /** Follow the change feed as a stream (事件流推送) */
  stream_events: { method: "GET", path: "/api/v1/events/stream", query: ["type","region_code","cursor"] },
  /** Ask for a service (提交诉求) */
  submit_open311_request: { method: "POST", path: "/open311/v2/requests.{format}", query: ["api_key","jurisdiction_id"], upload: true },
  /** Add to a request, or take it back (外部更新) */
  submit_open311_update: { method: "POST", path: "/open311/v2/servicerequestupdates.{format}", query: ["api_key","jurisdiction_id"], upload: true },
  /** Suspend an application (停用应用) */
  suspend_application: { method: "POST", path: "/api/v1/applications/{id}/suspend" },
  /** Suspend an order (挂起) */
  suspend_order: { method: "POST", path: "/api/v1/orders/{id}/suspend" },
  /** Swap two turns in the chair (轮值调换) */
  swap_alliance_turns: { method: "POST", path: "/api/v1/alliances/{id}/swaps" },
  /** Give a resident a tag (打标签) */
  tag_resident: { method: "POST", path: "/api/v1/residents/{id}/tags" },
  /** End mediation at the will of a party (当事人终止) */
  terminate_case: { method: "POST", path: "/api/v1/mediation/cases/{id}/terminate" },
  /** Ask for a test event (测试推送) */
  test_webhook_endpoint: { method: "POST", path: "/api/v1/webhook_endpoints/{id}/test" },
  /** Take an order in hand (受理分类) */
  triage_order: { method: "POST", path: "/api/v1/orders/{id}/triage" },
  /** Unbind one's account from WeChat (解绑微信) */
  unbind_wechat: { method: "DELETE", path: "/api/v1/wechat/binding" },
  /** Link a resident to no account any more (解除账号关联) */
  unlink_account: { method: "POST", path: "/api/v1/residents/{id}/unlink" },
  /** Change an account (修改账号) */
  update_account: { method: "POST", path: "/api/v1/accounts/{id}" },
  /** Change an address (修改地址) */
  update_address: { method: "POST", path: "/api/v1/addresses/{id}" },
  /** Change an alliance (修改联盟) */
  update_alliance: { method: "POST", path: "/api/v1/alliances/{id}" },
  /** Change an application (应用变更) */
  update_application: { method: "POST", path: "/api/v1/applications/{id}" },
  /** Change a checklist (修改检查清单) */
  update_checklist: { method: "POST", path: "/api/v1/checklists/{id}" },
  /** Change a template of diaries (修改民情日记模板) */
  update_diary_template: { method: "POST", path: "/api/v1/diary_templates/{id}" },
  /** Change a duty (修改任职) */
  update_duty: { method: "POST", path: "/api/v1/duties/{id}" },
  /** Change a grid (修改网格) */
  update_grid: { method: "POST", path: "/api/v1/grids/{id}" },
  /** Change a hotline (修改热线对接) */
  update_hotline: { method: "POST", path: "/api/v1/hotlines/{id}" },
  /** Change a household (修改户) */
  update_household: { method: "POST", path: "/api/v1/households/{id}" },
  /** Change a plan for a household (调整一户一策) */
  update_household_plan: { method: "POST", path: "/api/v1/household_plans/{id}" },
  /** Change an organization (修改组织) */
  update_organization: { method: "POST", path: "/api/v1/organizations/{id}" },
  /** Change reception days (修改接待日) */
  update_reception: { method: "POST", path: "/api/v1/receptions/{id}" },
  /** Change a resident's entry (修改居民) */
  update_resident: { method: "POST", path: "/api/v1/residents/{id}" },
  /** Change a catalogue entry (修改服务事项) */
  update_service_item: { method: "POST", path: "/api/v1/catalogue/items/{code}" },
  /** Change a tag of the catalogue (修改标签) */
  update_tag: { method: "POST", path: "/api/v1/tags/{id}" },
  /** Change a venue (修改阵地) */
  update_venue: { method: "POST", path: "/api/v1/venues/{id}" },
  /** Change a visit campaign (修改走访活动) */
  update_visit_campaign: { method: "POST", path: "/api/v1/visit_campaigns/{id}" },
  /** Change a taker of orders (修改接单人) */
  update_volunteer: { method: "POST", path: "/api/v1/volunteers/{account_id}" },
  /** Change a webhook endpoint (修改推送地址) */
  update_webhook_endpoint: { method: "POST", path: "/api/v1/webhook_endpoints/{id}" },
  /** Upload a file (上传附件) */
  upload_attachment: { method: "POST", path: "/api/v1/attachments", upload: true },
  /** Place an order by another system's number (按外部编号点单) */
  upsert_order: { method: "POST", path: "/api/v1/orders/upsert" },
  /** Prove to WeChat that this address is ours (消息推送验证) */
  verify_wechat_push: { method: "GET", path: "/api/v1/wechat/push", query: ["signature","timestamp","nonce","echostr","openid","encrypt_type","msg_signature"], open: true },
  /** Take an application back (撤回申请) */
  withdraw_case: { method: "POST", path: "/api/v1/mediation/cases/{id}/withdraw" },
  /** Withdraw a consent (撤回同意) */
  withdraw_consent: { method: "POST", path: "/api/v1/consents/{id}/withdraw" },
  /** Withdraw it, or step back (撤回、取消认领) */
  withdraw_partnership_item: { method: "POST", path: "/api/v1/partnership_items/{id}/withdraw" },
  /** Note something of a household (登记民情档案) */
  write_household_note: { method: "POST", path: "/api/v1/households/{id}/notes" },
};
