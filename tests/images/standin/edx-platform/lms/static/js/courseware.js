import $ from 'jquery';

$(() => $('body').addClass('courseware'));
