# A Request Tracker that lives in one directory: RT_STATE, on RT_PORT.
Set($rtname, 'usher-test');
Set($Organization, 'usher.test');
Set($CorrespondAddress, 'rt@usher.test');
Set($CommentAddress, 'rt-comment@usher.test');
Set($WebDomain, '127.0.0.1');
Set($WebPort, $ENV{RT_PORT});
Set($WebPath, '');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, "$ENV{RT_STATE}/rt.sqlite");
Set($MailCommand, 'testfile'); # no mail leaves
Set($LogToSyslog, undef);
Set($LogToFile, undef);
Set($LogToSTDERR, 'warning');
Set($Timezone, 'UTC');
$RT::MasonDataDir    = "$ENV{RT_STATE}/mason";
$RT::MasonSessionDir = "$ENV{RT_STATE}/session";
$RT::VarPath         = "$ENV{RT_STATE}/var";
1;
